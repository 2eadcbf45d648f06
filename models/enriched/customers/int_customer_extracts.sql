-- A view: a day's extract lists all customers, and the history keeps only what changed.

{{ config(materialized='view') }}

select
    customer_id,
    country_code,
    language_code,
    gender,
    age_band,
    email_hash,
    has_marketing_consent,
    listed_date as extract_date,
    registered_at
from
    {{ states_of_extracts(
        ref('stg_crm__customers'),
        keys=['customer_id'],
        table='crm.customers',
        days=ref('int_extract_days')
    ) }} as states
