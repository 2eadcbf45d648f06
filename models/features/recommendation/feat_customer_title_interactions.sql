-- What was received before the newest snapshot day, and nothing later. Of several ratings of one title the
-- newest counts, but the first of them is when the customer came to know the title. Counts are
-- capped so that a series watched in one night does not drown the rest.

with

snapshot_dates as (

    select as_of_date
    from {{ ref('int_snapshot_dates') }}
    where is_latest

),

title_days as (

    select * from {{ ref('int_customer_title_days') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

tags as (

    select * from {{ ref('fct_tags') }}

),

weights as (

    select * from {{ ref('interaction_weights') }}

),

known_ratings as (

    select
        snapshot_dates.as_of_date,
        ratings.customer_id,
        ratings.title_id,
        ratings.rating_value,
        ratings.rated_at,
        row_number() over (
            partition by snapshot_dates.as_of_date, ratings.customer_id, ratings.title_id
            order by ratings.rated_at desc, ratings.network_name asc
        ) as recency_rank
    from ratings
    inner join snapshot_dates
        on ratings.received_at < cast(snapshot_dates.as_of_date as timestamp(6))

),

known_title_days as (

    select
        snapshot_dates.as_of_date,
        title_days.customer_id,
        title_days.title_id,
        title_days.play_count,
        title_days.click_count,
        title_days.first_active_at,
        title_days.last_active_at
    from title_days
    inner join snapshot_dates
        on
            title_days.known_from_date <= snapshot_dates.as_of_date
            and (title_days.known_to_date is null or title_days.known_to_date > snapshot_dates.as_of_date)
    where title_days.customer_id is not null

),

interactions as (

    select
        as_of_date,
        customer_id,
        title_id,
        'watch' as interaction_type,
        play_count as interaction_count,
        cast(null as decimal(3, 1)) as rating_value,
        first_active_at as first_interacted_at,
        last_active_at as last_interacted_at
    from known_title_days
    where play_count > 0
    union all
    select
        as_of_date,
        customer_id,
        title_id,
        'click' as interaction_type,
        click_count as interaction_count,
        cast(null as decimal(3, 1)) as rating_value,
        first_active_at as first_interacted_at,
        last_active_at as last_interacted_at
    from known_title_days
    where click_count > 0
    union all
    select
        snapshot_dates.as_of_date,
        tags.customer_id,
        tags.title_id,
        'tag' as interaction_type,
        1 as interaction_count,
        cast(null as decimal(3, 1)) as rating_value,
        tags.tagged_at as first_interacted_at,
        tags.tagged_at as last_interacted_at
    from tags
    inner join snapshot_dates
        on tags.received_at < cast(snapshot_dates.as_of_date as timestamp(6))
    union all
    select
        as_of_date,
        customer_id,
        title_id,
        'rating' as interaction_type,
        case when recency_rank = 1 then 1 else 0 end as interaction_count,
        case when recency_rank = 1 then rating_value end as rating_value,
        rated_at as first_interacted_at,
        rated_at as last_interacted_at
    from known_ratings

),

counted as (

    select
        as_of_date,
        customer_id,
        title_id,
        interaction_type,
        sum(interaction_count) as interaction_count,
        max(rating_value) as rating_value,
        min(first_interacted_at) as first_interacted_at,
        max(last_interacted_at) as last_interacted_at
    from interactions
    group by as_of_date, customer_id, title_id, interaction_type

),

weighted as (

    select
        counted.*,
        least(counted.interaction_count, weights.maximum_count)
        * weights.interaction_weight as interaction_weight
    from counted
    inner join weights
        on
            counted.interaction_type = weights.interaction_type
            and (weights.rating_from is null or counted.rating_value >= weights.rating_from)
            and (weights.rating_below is null or counted.rating_value < weights.rating_below)

)

select
    customer_id,
    title_id,
    as_of_date,
    cast(sum(interaction_weight) as decimal(12, 4)) as interaction_weight,
    cast(max(rating_value) as decimal(3, 1)) as rating_value,
    cast(
        coalesce(sum(case when interaction_type = 'watch' then interaction_count end), 0)
        as bigint
    ) as watch_count,
    cast(
        coalesce(sum(case when interaction_type = 'click' then interaction_count end), 0)
        as bigint
    ) as click_count,
    cast(
        coalesce(sum(case when interaction_type = 'tag' then interaction_count end), 0)
        as bigint
    ) as tag_count,
    min(first_interacted_at) as first_interacted_at,
    max(last_interacted_at) as last_interacted_at
from weighted
group by customer_id, title_id, as_of_date
