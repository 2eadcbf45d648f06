with

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

titles as (

    select * from {{ ref('feat_titles') }}

),

similar_titles as (

    select * from {{ ref('similar_titles') }}

),

title_total as (

    select count(*) as title_count
    from titles

),

answered as (

    select
        title_id,
        count(case when title_id = similar_title_id then 1 end) as own_count
    from similar_titles
    group by title_id

)

select distinct interactions.title_id
from interactions
cross join title_total
left join answered
    on interactions.title_id = answered.title_id
where
    (answered.title_id is null and title_total.title_count > 1)
    or answered.own_count > 0
