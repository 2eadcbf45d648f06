-- On offer is what the newest extract lists, and of that nothing that can not be played.

with

titles as (

    select * from {{ ref('feat_titles') }}

),

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

recommended as (

    select distinct title_id
    from recommendations

)

select recommended.title_id
from recommended
left join titles
    on
        recommended.title_id = titles.title_id
        and titles.is_playable
where titles.title_id is null
