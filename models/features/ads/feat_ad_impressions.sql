-- What was known of an impression when it was served, from reports received before the newest snapshot day. What a
-- creative is about are traits of the film, so its last known state tells them for all days.

{# Hours of the day (UTC) at which they begin. #}
{% set dayparts = {'evening': 18, 'afternoon': 12, 'morning': 6} %}

with

impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

titles as (

    select * from {{ ref('feat_titles') }}

),

title_genres as (

    select * from {{ ref('int_title_genres') }}

),

creatives as (

    select * from {{ ref('dim_creatives') }}

),

plays as (

    select * from {{ ref('int_play_versions') }}

),

latest as (

    select as_of_date
    from snapshot_dates
    where is_latest

),

ranked_genres as (

    select
        titles.title_id,
        title_genres.genre_name,
        row_number() over (
            partition by titles.title_id
            order by title_genres.genre_position asc, title_genres.genre_name asc
        ) as genre_rank
    from titles
    inner join title_genres
        on
            titles.title_id = title_genres.title_id
            and titles.extract_date = title_genres.extract_date

),

-- A device has one class; where it told several, the first by name.
devices as (

    select
        plays.device_id,
        min(plays.device_class) as device_class
    from plays
    inner join latest
        on
            plays.known_from_date <= latest.as_of_date
            and (plays.known_to_date is null or plays.known_to_date > latest.as_of_date)
    group by plays.device_id

)

select
    impressions.impression_id,
    impressions.customer_id,
    impressions.creative_id,
    impressions.break_type,
    ranked_genres.genre_name as main_genre_name,
    devices.device_class,
    case
        {% for daypart, hour in dayparts.items() %}
            when extract(hour from impressions.served_at) >= {{ hour }} then '{{ daypart }}'
        {% endfor %}
        else 'night'
    end as daypart,
    creatives.advertiser_name,
    creatives.product_category,
    impressions.pod_position,
    impressions.serving_probability,
    creatives.creative_duration_ms,
    latest.as_of_date,
    impressions.broadcast_date,
    impressions.served_at
from impressions
inner join latest
    on cast(impressions.served_received_at as date) < latest.as_of_date
left join ranked_genres
    on
        impressions.title_id = ranked_genres.title_id
        and ranked_genres.genre_rank = 1
left join devices
    on impressions.device_id = devices.device_id
left join creatives
    on impressions.creative_id = creatives.creative_id
