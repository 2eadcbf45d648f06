with

days as (

    select * from {{ ref('fct_customer_days') }}

)

select
    customer_id,
    device_count,
    event_count,
    session_count,
    browse_count,
    search_count,
    search_without_play_count,
    impression_count,
    click_count,
    play_count,
    title_count,
    watched_ms,
    rebuffer_count,
    rebuffer_ms,
    error_count,
    video_start_failure_count,
    broadcast_date,
    first_active_at,
    last_active_at
from days
