-- What customers said in public, by what had been received before the snapshot day.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

posts as (

    select * from {{ ref('int_posts') }}

),

rating_sums as (

    select
        ratings.customer_id,
        windows.as_of_date,
        count(*) as rating_count_90d,
        {{ exact_rate('sum(cast(ratings.rating_value * 10 as bigint))', 'count(*) * 10', 8) }}
            as mean_rating_value_90d
    from ratings
    inner join windows
        on
            ratings.received_at < cast(windows.as_of_date as timestamp(6))
            and ratings.rated_at >= cast(windows.from_90d_date as timestamp(6))
    group by ratings.customer_id, windows.as_of_date

),

post_counts as (

    select
        posts.customer_id,
        windows.as_of_date,
        count(*) as post_count_90d
    from posts
    inner join windows
        on
            posts.received_at < cast(windows.as_of_date as timestamp(6))
            and posts.posted_at >= cast(windows.from_90d_date as timestamp(6))
    where posts.customer_id is not null
    group by posts.customer_id, windows.as_of_date

)

select
    coalesce(rating_sums.customer_id, post_counts.customer_id) as customer_id,
    coalesce(rating_sums.as_of_date, post_counts.as_of_date) as as_of_date,
    coalesce(rating_sums.rating_count_90d, 0) as rating_count_90d,
    rating_sums.mean_rating_value_90d,
    coalesce(post_counts.post_count_90d, 0) as post_count_90d
from rating_sums
full outer join post_counts
    on
        rating_sums.customer_id = post_counts.customer_id
        and rating_sums.as_of_date = post_counts.as_of_date
