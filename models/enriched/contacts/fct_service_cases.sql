with

changes as (

    select * from {{ ref('int_service_case_changes') }}

),

ranked as (

    select
        *,
        count(*) over (partition by case_id) as change_count,
        min(received_at) over (partition by case_id) as first_received_at,
        row_number() over (
            partition by case_id
            order by updated_at desc
        ) as recency_rank
    from changes

)

select
    case_id,
    customer_id,
    contact_channel,
    case_topic,
    case_status,
    satisfaction_score,
    change_count,
    case when closed_at >= opened_at then {{ elapsed_ms('opened_at', 'closed_at') }} end as open_ms,
    case_status = 'closed' as is_closed,
    opened_at,
    closed_at,
    updated_at,
    first_received_at,
    received_at,
    load_id
from ranked
where recency_rank = 1
