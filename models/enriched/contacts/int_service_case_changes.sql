-- Each change once: the earliest received delivery, then the smallest payload. The state of a case
-- that was known before a day is its newest change received before it.

with

service_cases as (

    select * from {{ ref('stg_contacts__service_cases') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by case_id, updated_at
            order by
                received_at asc,
                customer_id asc,
                case_status asc,
                opened_at asc,
                closed_at asc nulls first,
                contact_channel asc nulls first,
                case_topic asc nulls first,
                satisfaction_score asc nulls first,
                load_id asc,
                row_number asc
        ) as delivery_rank
    from service_cases

)

select
    case_id,
    customer_id,
    contact_channel,
    case_topic,
    case_status,
    satisfaction_score,
    opened_at,
    -- A closing without its own time happened with the change that told of it.
    case when case_status = 'closed' then coalesce(closed_at, updated_at) end as closed_at,
    updated_at,
    received_at,
    load_id
from ranked
where delivery_rank = 1
