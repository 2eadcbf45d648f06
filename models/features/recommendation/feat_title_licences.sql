-- The list of the extract that counts decides alone: without any window a title may be shown
-- everywhere, with windows that are all closed nowhere. A window for the whole world makes those of
-- single territories superfluous, so that a title and a country meet in one row at most.

with

titles as (

    select * from {{ ref('feat_titles') }}

),

licences as (

    select * from {{ ref('int_title_licences') }}

),

windows as (

    select
        titles.title_id,
        titles.as_of_date,
        coalesce(licences.territory_code, 'WW') as territory_code
    from titles
    left join licences
        on
            titles.title_id = licences.title_id
            and titles.extract_date = licences.extract_date
    where
        (licences.licensed_from_date is null or licences.licensed_from_date <= titles.as_of_date)
        and (licences.licensed_to_date is null or licences.licensed_to_date > titles.as_of_date)

),

reaches as (

    select
        title_id,
        territory_code,
        as_of_date,
        max(case when territory_code = 'WW' then 1 else 0 end) over (
            partition by title_id, as_of_date
        ) as has_world
    from windows

)

select distinct
    title_id,
    territory_code,
    as_of_date
from reaches
where has_world = 0 or territory_code = 'WW'
