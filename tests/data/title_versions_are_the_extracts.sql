-- On the day of each extract the titles that it lists have one version, of the same state, and the
-- others none.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

versions as (

    select * from {{ ref('dim_title_versions') }}

),

extract_days as (

    select distinct extract_date
    from extracts

),

versions_of_days as (

    select
        versions.title_id,
        extract_days.extract_date,
        count(*) as version_count,
        min(versions.title_name) as title_name
    from versions
    inner join extract_days
        on
            versions.valid_from_date <= extract_days.extract_date
            and (
                versions.valid_to_date is null
                or versions.valid_to_date > extract_days.extract_date
            )
    group by versions.title_id, extract_days.extract_date

)

select
    extracts.title_id as listed_title_id,
    versions_of_days.title_id as version_title_id,
    coalesce(extracts.extract_date, versions_of_days.extract_date) as extract_date,
    versions_of_days.version_count
from extracts
full outer join versions_of_days
    on
        extracts.title_id = versions_of_days.title_id
        and extracts.extract_date = versions_of_days.extract_date
where
    extracts.title_id is null
    or versions_of_days.title_id is null
    or versions_of_days.version_count > 1
    or coalesce(extracts.title_name, '') <> coalesce(versions_of_days.title_name, '')
