-- What was received before the snapshot day, and nothing later. Of several ratings of one title the
-- newest counts, but the first of them is when the customer came to know the title. Counts are
-- capped so that a series watched in one night does not drown the rest.

with

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

events as (

    select * from {{ ref('fct_events') }}

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
        on ratings.rated_at < cast(snapshot_dates.as_of_date as timestamp(6))

),

interactions as (

    select
        snapshot_dates.as_of_date,
        events.customer_id,
        events.title_id,
        events.event_type as interaction_type,
        cast(null as decimal(3, 1)) as rating_value,
        true as is_counted,
        events.event_at as interacted_at
    from events
    inner join snapshot_dates
        on events.received_at < cast(snapshot_dates.as_of_date as timestamp(6))
    union all
    select
        snapshot_dates.as_of_date,
        tags.customer_id,
        tags.title_id,
        'tag' as interaction_type,
        cast(null as decimal(3, 1)) as rating_value,
        true as is_counted,
        tags.tagged_at as interacted_at
    from tags
    inner join snapshot_dates
        on tags.tagged_at < cast(snapshot_dates.as_of_date as timestamp(6))
    union all
    select
        as_of_date,
        customer_id,
        title_id,
        'rating' as interaction_type,
        case when recency_rank = 1 then rating_value end as rating_value,
        recency_rank = 1 as is_counted,
        rated_at as interacted_at
    from known_ratings

),

counted as (

    select
        as_of_date,
        customer_id,
        title_id,
        interaction_type,
        count(case when is_counted then 1 end) as interaction_count,
        max(rating_value) as rating_value,
        min(interacted_at) as first_interacted_at,
        max(interacted_at) as last_interacted_at
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
