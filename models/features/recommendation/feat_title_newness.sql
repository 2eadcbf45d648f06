-- An episode that few have watched yet is no new title if its series is known.

with

titles as (

    select * from {{ ref('feat_titles') }}

),

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

own_counts as (

    select
        title_id,
        as_of_date,
        count(*) as customer_count
    from interactions
    group by title_id, as_of_date

),

series_counts as (

    select
        coalesce(titles.series_id, titles.title_id) as top_title_id,
        titles.as_of_date,
        count(distinct interactions.customer_id) as customer_count
    from titles
    inner join interactions
        on
            titles.title_id = interactions.title_id
            and titles.as_of_date = interactions.as_of_date
    group by coalesce(titles.series_id, titles.title_id), titles.as_of_date

)

select
    titles.title_id,
    titles.as_of_date,
    coalesce(own_counts.customer_count, 0) as known_customer_count,
    coalesce(series_counts.customer_count, 0) as series_customer_count,
    coalesce(series_counts.customer_count, 0) < {{ var('new_title_customers') }} as is_new
from titles
left join own_counts
    on
        titles.title_id = own_counts.title_id
        and titles.as_of_date = own_counts.as_of_date
left join series_counts
    on
        coalesce(titles.series_id, titles.title_id) = series_counts.top_title_id
        and titles.as_of_date = series_counts.as_of_date
