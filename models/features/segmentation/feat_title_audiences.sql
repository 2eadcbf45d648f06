-- What those who play a title play otherwise. The genres that a catalogue gives are two or three words; its
-- audience tells more of a title, and makes customers of few plays comparable. Where hardly anybody has played
-- it, the title's own genres stand in, as if so many more customers had played it.

{% set prior = var('taste_prior_customers') %}

with

plays as (

    select * from {{ ref('feat_customer_top_titles') }}

),

genres as (

    select * from {{ ref('feat_top_title_genres') }}

),

-- A title with n genres counts for each of them by the root of 1 / n: between once in full and a share each.
weighed as (

    select
        plays.customer_id,
        genres.genre_name,
        plays.as_of_date,
        cast(
            sum(plays.play_weight * {{ exact_root('genres.own_share_rate * 1000000') }}) as bigint
        ) as genre_weight
    from plays
    inner join genres
        on plays.top_title_id = genres.top_title_id
    group by plays.customer_id, genres.genre_name, plays.as_of_date

),

totals as (

    select
        *,
        cast(sum(genre_weight) over (partition by customer_id) as bigint) as total_weight
    from weighed

),

shares as (

    select
        customer_id,
        genre_name,
        cast({{ exact_rate('genre_weight', 'total_weight', 6) }} * 1000000 as bigint) as share_units
    from totals

),

audiences as (

    select
        plays.top_title_id,
        shares.genre_name,
        plays.as_of_date,
        shares.share_units
    from plays
    inner join shares
        on plays.customer_id = shares.customer_id
    union all
    select
        top_title_id,
        genre_name,
        as_of_date,
        cast({{ prior }} * own_share_rate * 1000000 as bigint) as share_units
    from genres

),

summed as (

    select
        top_title_id,
        genre_name,
        as_of_date,
        cast(sum(share_units) as bigint) as share_units
    from audiences
    group by top_title_id, genre_name, as_of_date

),

sizes as (

    select
        *,
        cast(sum(share_units) over (partition by top_title_id) as bigint) as total_units
    from summed

)

select
    top_title_id,
    genre_name,
    as_of_date,
    {{ exact_rate('share_units', 'total_units', 6) }} as audience_share_rate
from sizes
