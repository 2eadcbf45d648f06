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

select
    artifacts.model_name,
    artifacts.model_version,
    artifacts.algorithm,
    artifacts.artifact_name,
    artifacts.entry_id,
    artifacts.field_name,
    artifacts.entry_text,
    usable.is_champion
from artifacts
inner join usable
    on artifacts.model_version = usable.model_version
where artifacts.model_name = 'churn'
