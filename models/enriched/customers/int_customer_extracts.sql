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
    extract_date,
    registered_at
from {{ last_of_each_day(ref('stg_crm__customers'), ['customer_id']) }} as states
