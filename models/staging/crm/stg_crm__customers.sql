with

customers as (

    select * from {{ source('crm', 'customers') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    customers.customer_id,
    customers.country_code,
    customers.language_code,
    customers.gender,
    customers.age_band,
    customers.email_hash,
    customers.has_marketing_consent,
    file_manifest.extract_date,
    customers.registered_at,
    file_manifest.file_key,
    customers._row_number as row_number,
    file_manifest.load_id
from customers
inner join file_manifest
    on customers._file_key = file_manifest.generation_key
