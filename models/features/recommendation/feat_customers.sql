with

customers as (

    select * from {{ ref('dim_customers') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

)

select
    customers.customer_id,
    snapshot_dates.as_of_date,
    customers.country_code,
    customers.language_code
from customers
cross join snapshot_dates
