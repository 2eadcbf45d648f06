-- The groups that editors promote to: who has no segment yet is a group too, and so is who lives nowhere we know.
{{ config(materialized='view') }}

with

customers as (

    select * from {{ ref('feat_customers') }}

),

customer_segments as (

    select * from {{ ref('score_customer_segments') }}

)

select
    customers.customer_id,
    coalesce(customers.country_code, 'WW') as territory_code,
    coalesce(customer_segments.segment_id, 0) as taste_segment_number,
    customers.as_of_date
from customers
left join customer_segments
    on customers.customer_id = customer_segments.customer_id
