-- What customers had played before an offer was made, as it was known on the snapshot day before it.

with

top_titles as (

    select * from {{ ref('feat_top_titles') }}

),

title_days as (

    select * from {{ ref('int_customer_title_days') }}

),

offers as (

    select * from {{ ref('label_retention_offers') }}

),

offer_days as (

    select distinct
        customer_id,
        as_of_date
    from offers
    where as_of_date is not null

)

{{ top_title_plays('title_days', 'top_titles', days='offer_days') }}
