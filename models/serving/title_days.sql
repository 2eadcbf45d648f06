with

days as (

    select * from {{ ref('fct_title_days') }}

)

select
    title_id,
    active_customer_count,
    active_visitor_count,
    impression_count,
    click_count,
    play_count,
    completed_play_count,
    watched_ms,
    rebuffer_count,
    rebuffer_ms,
    video_start_failure_count,
    broadcast_date
from days
