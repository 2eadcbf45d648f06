-- A view: names and addresses stay in the files of the vault, the warehouse stores none of them. It shows the
-- lake that the newest build saw: manifest and rows read in one statement could miss rows that move in between.

with

customers as (

    select * from {{ source('restricted', 'crm_customers') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

),

ranked as (

    select
        customers.customer_id,
        customers.full_name,
        customers.first_name,
        customers.middle_name,
        customers.last_name,
        customers.email,
        customers.birth_date,
        file_manifest.extract_date,
        row_number() over (
            partition by customers.customer_id
            order by
                file_manifest.extract_date desc,
                -- Of several files of a day the one that came last corrects the others.
                file_manifest.load_id desc,
                customers._row_number desc
        ) as state_rank
    from customers
    inner join file_manifest
        on customers._file_key = file_manifest.generation_key

)

select
    customer_id,
    full_name,
    first_name,
    middle_name,
    last_name,
    email,
    birth_date,
    extract_date
from ranked
where state_rank = 1
