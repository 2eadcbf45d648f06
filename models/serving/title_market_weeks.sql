with

weeks as (

    select * from {{ ref('fct_title_market_weeks') }}

),

titles as (

    select * from {{ ref('dim_titles') }}

)

select
    weeks.title_id,
    weeks.market_code,
    titles.title_name,
    weeks.provider_name,
    weeks.own_visitor_count,
    weeks.own_play_count,
    weeks.own_watched_ms,
    weeks.reach_count,
    weeks.viewed_minutes,
    weeks.rating_points,
    weeks.own_reach_rate,
    weeks.own_viewing_rate,
    weeks.market_viewing_rate,
    weeks.is_in_panel,
    weeks.week_start_date,
    weeks.published_at
from weeks
left join titles
    on weeks.title_id = titles.title_id
