-- The tastes of feat_customer_tastes as they were on the snapshot day before an offer, so that what the offer
-- did has no part in them. Titles are seen as their audience sees them today.

with

plays as (

    select * from {{ ref('feat_offer_top_titles') }}

),

audiences as (

    select * from {{ ref('feat_title_audiences') }}

),

watching as (

    select * from {{ ref('feat_customer_watching') }}

),

visits as (

    select * from {{ ref('feat_customer_visits') }}

),

{{ tastes_of_plays('plays', 'audiences', 'watching', 'visits') }}

select * from tastes
