-- A customer has as many extracts in the versions as there are rows of extracts.

with

extracts as (

    select
        customer_id,
        extract_date
    from {{ ref('int_customer_extracts') }}

),

versions as (

    select * from {{ ref('dim_customer_versions') }}

),

extract_dates as (

    select distinct extract_date
    from extracts

),

listed as (

    select
        customer_id,
        count(*) as extract_count
    from extracts
    group by customer_id

),

covered as (

    select
        versions.customer_id,
        count(*) as extract_count
    from versions
    inner join extract_dates
        on
            versions.valid_from_date <= extract_dates.extract_date
            and versions.last_seen_date >= extract_dates.extract_date
    group by versions.customer_id

)

select
    coalesce(listed.customer_id, covered.customer_id) as customer_id,
    listed.extract_count as listed_extract_count,
    covered.extract_count as covered_extract_count
from listed
full outer join covered
    on listed.customer_id = covered.customer_id
where coalesce(listed.extract_count, 0) <> coalesce(covered.extract_count, 0)
