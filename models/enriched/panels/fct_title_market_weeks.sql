-- The service's own viewing beside what a panel says of everybody. A week begins on its Monday: figures of a panel that
-- names another day of it belong to the same week. A market is a country; customers whose country is unknown, and who
-- is not logged in, are the market ZZ, of which no panel tells. Of figures that were published anew the newest count;
-- of several providers the first by name.

with

plays as (

    select * from {{ ref('fct_plays') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

panel_weeks as (

    select * from {{ ref('stg_panels__audience_panel_weeks') }}

),

own_plays as (

    select
        plays.title_id,
        coalesce(customers.country_code, 'ZZ') as market_code,
        plays.visitor_id,
        plays.watched_ms,
        cast({{ dbt.date_trunc('week', 'plays.broadcast_date') }} as date) as week_start_date
    from plays
    left join customers
        on plays.customer_id = customers.customer_id

),

own_weeks as (

    select
        title_id,
        market_code,
        week_start_date,
        count(distinct visitor_id) as own_visitor_count,
        count(*) as own_play_count,
        cast(sum(watched_ms) as bigint) as own_watched_ms
    from own_plays
    where watched_ms > 0
    group by title_id, market_code, week_start_date

),

mondays as (

    select
        title_id,
        market_code,
        provider_name,
        reach_count,
        viewed_minutes,
        rating_points,
        cast({{ dbt.date_trunc('week', 'week_start_date') }} as date) as week_start_date,
        published_at,
        received_at,
        load_id,
        row_number
    from panel_weeks

),

ranked as (

    select
        *,
        row_number() over (
            partition by title_id, market_code, week_start_date
            order by
                provider_name asc,
                published_at desc,
                received_at desc,
                reach_count desc nulls last,
                viewed_minutes desc nulls last,
                rating_points desc nulls last,
                load_id desc,
                row_number desc
        ) as publication_rank
    from mondays

),

told as (

    select
        *,
        cast(sum(viewed_minutes) over (partition by market_code, week_start_date) as bigint) as market_viewed_minutes
    from ranked
    where publication_rank = 1

)

select
    coalesce(own_weeks.title_id, told.title_id) as title_id,
    coalesce(own_weeks.market_code, told.market_code) as market_code,
    told.provider_name,
    coalesce(own_weeks.own_visitor_count, 0) as own_visitor_count,
    coalesce(own_weeks.own_play_count, 0) as own_play_count,
    coalesce(own_weeks.own_watched_ms, 0) as own_watched_ms,
    told.reach_count,
    told.viewed_minutes,
    told.rating_points,
    {{ exact_rate('coalesce(own_weeks.own_visitor_count, 0)', 'told.reach_count', 6) }} as own_reach_rate,
    {{ exact_rate('coalesce(own_weeks.own_watched_ms, 0)', '(60000 * told.viewed_minutes)', 6) }} as own_viewing_rate,
    {{ exact_rate('told.viewed_minutes', 'told.market_viewed_minutes', 6) }} as market_viewing_rate,
    told.title_id is not null as is_in_panel,
    coalesce(own_weeks.week_start_date, told.week_start_date) as week_start_date,
    told.published_at
from own_weeks
full outer join told
    on
        own_weeks.title_id = told.title_id
        and own_weeks.market_code = told.market_code
        and own_weeks.week_start_date = told.week_start_date
