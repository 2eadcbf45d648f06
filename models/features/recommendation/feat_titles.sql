with

titles as (

    select * from {{ ref('dim_titles') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

)

select
    titles.title_id,
    snapshot_dates.as_of_date,
    titles.title_type,
    titles.release_year
from titles
cross join snapshot_dates
