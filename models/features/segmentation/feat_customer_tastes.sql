-- What k-means reads, in whole units, so that Python and SQL measure the same distances.

with

plays as (

    select * from {{ ref('feat_customer_top_titles') }}

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
