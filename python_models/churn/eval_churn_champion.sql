-- What the registry remembers: who scores from this snapshot day on.
{{ config(materialized='view') }}

with

decisions as (

    select * from {{ ref('eval_churn_decisions') }}

),

snapshots as (

    select * from {{ ref('feat_customer_snapshots') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from snapshots

)

select
    decisions.model_name,
    decisions.model_version,
    decisions.algorithm,
    latest.as_of_date
from decisions
cross join latest
where decisions.status = 'champion'
