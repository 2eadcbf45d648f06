-- On offer is what the newest extract before the snapshot day lists; without any extract, what
-- customers have turned to. Lists are made for the newest snapshot day alone.

with

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

newest_extracts as (

    select
        snapshot_dates.as_of_date,
        max(extracts.extract_date) as extract_date
    from snapshot_dates
    left join extracts
        on snapshot_dates.as_of_date > extracts.extract_date
    where snapshot_dates.is_latest
    group by snapshot_dates.as_of_date

),

listed as (

    select
        extracts.title_id,
        newest_extracts.as_of_date,
        extracts.series_id,
        extracts.title_type,
        extracts.release_year,
        extracts.minimum_age,
        coalesce(extracts.title_type <> 'series', true) as is_playable,
        newest_extracts.extract_date
    from newest_extracts
    inner join extracts
        on newest_extracts.extract_date = extracts.extract_date

),

touched as (

    select distinct
        interactions.title_id,
        newest_extracts.as_of_date,
        cast(null as varchar) as series_id,
        cast(null as varchar) as title_type,
        cast(null as integer) as release_year,
        cast(null as integer) as minimum_age,
        true as is_playable,
        newest_extracts.extract_date
    from newest_extracts
    inner join interactions
        on newest_extracts.as_of_date = interactions.as_of_date
    where newest_extracts.extract_date is null

)

select
    title_id,
    as_of_date,
    series_id,
    title_type,
    release_year,
    minimum_age,
    is_playable,
    extract_date
from listed
union all
select
    title_id,
    as_of_date,
    series_id,
    title_type,
    release_year,
    minimum_age,
    is_playable,
    extract_date
from touched
