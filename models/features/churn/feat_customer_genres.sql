-- How narrow a taste is, without roots and logarithms, which engines round differently.

with

watched as (

    select * from {{ ref('feat_customer_genre_shares') }}

),

summed as (

    select
        customer_id,
        as_of_date,
        count(*) as genre_count_90d,
        max(genre_share_rate) as top_genre_share_rate_90d,
        -- In millionths, whose squares add up to less than 10^12.
        sum(
            cast(round(genre_share_rate * 1000000) as bigint) * cast(round(genre_share_rate * 1000000) as bigint)
        ) as squared_shares
    from watched
    group by customer_id, as_of_date

)

select
    customer_id,
    as_of_date,
    genre_count_90d,
    top_genre_share_rate_90d,
    {{ exact_rate('squared_shares', '1000000000000', 8) }} as genre_concentration_rate_90d
from summed
