-- What the registry remembers: which completion model scores from this snapshot day on.
{{ config(materialized='view') }}

with

decisions as (

    select * from {{ ref('eval_ad_decisions') }}

),

impressions as (

    select * from {{ ref('feat_ad_impressions') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from impressions

)

select
    decisions.model_name,
    decisions.model_version,
    decisions.algorithm,
    latest.as_of_date
from decisions
cross join latest
where decisions.status = 'champion'
