-- What k-means reads, in whole units, so that Python and SQL measure the same distances. Of genres the root of
-- the share in millionths: then rare genres tell as much as common ones (Hellinger distance). Of engagement the
-- root of the watched time and of the active days, whose long tails would rule the distances otherwise.

with

plays as (

    select * from {{ ref('feat_customer_top_titles') }}

),

audiences as (

    select * from {{ ref('feat_title_audiences') }}

),

watching as (

    select * from {{ ref('feat_customer_watching') }}

),

visits as (

    select * from {{ ref('feat_customer_visits') }}

),

customers as (

    select
        customer_id,
        as_of_date,
        cast(sum(known_play_count) as bigint) as known_play_count
    from plays
    group by customer_id, as_of_date

),

genres as (

    select
        plays.customer_id,
        audiences.genre_name,
        cast(
            sum(plays.play_weight * cast(audiences.audience_share_rate * 1000000 as bigint)) as bigint
        ) as genre_weight
    from plays
    inner join audiences
        on plays.top_title_id = audiences.top_title_id
    group by plays.customer_id, audiences.genre_name

),

totals as (

    select
        *,
        cast(sum(genre_weight) over (partition by customer_id) as bigint) as total_weight
    from genres

),

measured as (

    select
        customer_id,
        'genre:' || genre_name as taste_feature,
        {{ exact_root(exact_rate('genre_weight', 'total_weight', 12) ~ ' * 1000000000000') }} as feature_units
    from totals
    union all
    -- From 8 hours a day on it makes no difference any more.
    select
        watching.customer_id,
        'engagement:watched_time' as taste_feature,
        {{ exact_root(
            'case when watching.watched_ms_90d < 1000000000 then watching.watched_ms_90d else 1000000000 end * 1000'
        ) }} as feature_units
    from watching
    inner join customers
        on
            watching.customer_id = customers.customer_id
            and watching.as_of_date = customers.as_of_date
    union all
    select
        visits.customer_id,
        'engagement:active_days' as taste_feature,
        {{ exact_root('visits.active_day_count_90d * 10000000000') }} as feature_units
    from visits
    inner join customers
        on
            visits.customer_id = customers.customer_id
            and visits.as_of_date = customers.as_of_date
    union all
    select
        watching.customer_id,
        'engagement:completed_plays' as taste_feature,
        cast(round(watching.completed_play_rate_90d * 1000000) as bigint) as feature_units
    from watching
    inner join customers
        on
            watching.customer_id = customers.customer_id
            and watching.as_of_date = customers.as_of_date

)

select
    measured.customer_id,
    measured.taste_feature,
    customers.as_of_date,
    customers.known_play_count,
    measured.feature_units
from measured
inner join customers
    on measured.customer_id = customers.customer_id
where measured.feature_units > 0
