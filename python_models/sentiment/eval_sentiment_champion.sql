-- What the registry remembers: who says what posts mean from this snapshot day on.
{{ config(materialized='view') }}

with

decisions as (

    select * from {{ ref('eval_sentiment_decisions') }}

),

windows as (

    select * from {{ ref('feat_snapshot_windows') }}
    where is_latest

),

latest as (

    select max(as_of_date) as as_of_date
    from windows

)

select
    decisions.model_name,
    decisions.model_version,
    decisions.algorithm,
    latest.as_of_date
from decisions
cross join latest
where decisions.status = 'champion'
