-- A day may bring several files; the file of a day that came last corrects the others.

with

customers as (

    select * from {{ ref('stg_crm__customers') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, extract_date
            order by load_id desc, row_number desc
        ) as correction_rank
    from customers

)

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
from ranked
where correction_rank = 1
