-- The versions of the registry that this build can use.
{{ config(materialized='view') }}

with

artifacts as (

    select * from {{ source('marquee', 'model_artifacts') }}

),

champions as (

    select * from {{ source('marquee', 'model_champions') }}

),

snapshots as (

    select * from {{ ref('feat_customer_snapshots') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from snapshots

),

{{ usable_versions('churn') }}

{{ artifacts_of_usable('churn') }}
