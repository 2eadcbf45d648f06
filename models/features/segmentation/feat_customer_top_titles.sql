-- All that a customer has ever played, as it was known on the newest snapshot day: tastes change slowly, and
-- half of all customers play no more than a few titles in 90 days. Of the plays of one title the root counts:
-- the tenth episode says less than the first.

with

top_titles as (

    select * from {{ ref('feat_top_titles') }}

),

title_days as (

    select * from {{ ref('int_customer_title_days') }}

),

known as (

    select
        title_days.customer_id,
        top_titles.top_title_id,
        top_titles.as_of_date,
        cast(sum(title_days.play_count) as bigint) as known_play_count
    from title_days
    inner join top_titles
        on
            title_days.title_id = top_titles.title_id
            and title_days.known_from_date <= top_titles.as_of_date
            and (title_days.known_to_date is null or title_days.known_to_date > top_titles.as_of_date)
    where title_days.customer_id is not null
    group by title_days.customer_id, top_titles.top_title_id, top_titles.as_of_date

)

select
    customer_id,
    top_title_id,
    as_of_date,
    known_play_count,
    {{ exact_root('known_play_count * 1000000') }} as play_weight
from known
where known_play_count > 0
