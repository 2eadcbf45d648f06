-- What the registry remembers: who assigns customers from this snapshot day on.
{{ config(materialized='view') }}

with

decisions as (

    select * from {{ ref('eval_segment_decisions') }}

),

titles as (

    select * from {{ ref('feat_top_titles') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from titles

)

select
    decisions.model_name,
    decisions.model_version,
    decisions.algorithm,
    latest.as_of_date
from decisions
cross join latest
where decisions.status = 'champion'
