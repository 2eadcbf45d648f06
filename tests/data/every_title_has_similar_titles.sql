-- By who has it, or by genre; and by content, as every title on offer.

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

asked as (

    select
        title_id,
        'history' as kind
    from interactions
    union distinct
    select
        title_id,
        'content' as kind
    from titles

),

title_total as (

    select count(*) as title_count
    from titles

),

answered as (

    select
        title_id,
        case when method = 'content' then 'content' else 'history' end as kind,
        count(case when title_id = similar_title_id then 1 end) as own_count
    from similar_titles
    group by title_id, case when method = 'content' then 'content' else 'history' end

)

select
    asked.title_id,
    asked.kind
from asked
cross join title_total
left join answered
    on
        asked.title_id = answered.title_id
        and asked.kind = answered.kind
where
    (answered.title_id is null and title_total.title_count > 1)
    or answered.own_count > 0
