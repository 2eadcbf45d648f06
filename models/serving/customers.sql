with

customers as (

    select * from {{ ref('dim_customers') }}

)

select
    customer_id,
    country_code,
    language_code,
    has_marketing_consent,
    is_listed,
    is_inferred,
    registered_at
from customers
