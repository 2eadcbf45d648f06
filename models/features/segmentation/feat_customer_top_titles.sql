-- All that a customer has ever played, as it was known on the newest snapshot day: tastes change slowly, and
-- half of all customers play no more than a few titles in 90 days.

with

top_titles as (

    select * from {{ ref('feat_top_titles') }}

),

title_days as (

    select * from {{ ref('int_customer_title_days') }}

)

{{ top_title_plays('title_days', 'top_titles') }}
