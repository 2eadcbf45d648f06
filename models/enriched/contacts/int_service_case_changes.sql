-- Each change once, however often it was delivered. The state of a case that was known before a day is
-- its newest change received before it.

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
from
    {{ earliest_deliveries(
        ref('stg_contacts__service_cases'),
        keys=['case_id', 'updated_at'],
        payload=[
            'customer_id', 'case_status', 'opened_at', 'closed_at', 'contact_channel', 'case_topic',
            'satisfaction_score'
        ]
    ) }} as changes
