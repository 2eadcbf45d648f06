-- Licensed is what the catalogue says, not what the feature makes of it: by the newest extract
-- before the snapshot day, a title without windows everywhere, and others while a window of the
-- customer's country or of the world is open. Without a country only the world is known.

with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

customers as (

    select * from {{ ref('feat_customers') }}

),

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

licences as (

    select * from {{ ref('int_title_licences') }}

),

recommended as (

    select distinct
        recommendations.title_id,
        customers.country_code,
        recommendations.as_of_date
    from recommendations
    inner join customers
        on
            recommendations.customer_id = customers.customer_id
            and recommendations.as_of_date = customers.as_of_date

),

recommended_days as (

    select distinct as_of_date
    from recommended

),

newest_extract as (

    select max(extracts.extract_date) as extract_date
    from extracts
    inner join recommended_days
        on extracts.extract_date < recommended_days.as_of_date

),

windows as (

    select licences.*
    from licences
    inner join newest_extract
        on licences.extract_date = newest_extract.extract_date

)

select
    recommended.title_id,
    recommended.country_code,
    recommended.as_of_date
from recommended
inner join windows
    on recommended.title_id = windows.title_id
group by recommended.title_id, recommended.country_code, recommended.as_of_date
having
    count(
        case
            when
                (
                    windows.territory_code = 'WW'
                    or windows.territory_code = recommended.country_code
                )
                and (
                    windows.licensed_from_date is null
                    or windows.licensed_from_date <= recommended.as_of_date
                )
                and (
                    windows.licensed_to_date is null
                    or windows.licensed_to_date > recommended.as_of_date
                )
                then 1
        end
    ) = 0
