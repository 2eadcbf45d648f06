-- Only what this build can use: the registry keeps every version that was ever published.
{{ config(materialized='view') }}

with

registered as (

    select * from {{ source('marquee', 'model_parameters') }}

),

decisions as (

    select * from {{ ref('eval_recommender_decisions') }}

)

select
    registered.model_name,
    registered.model_version,
    registered.algorithm,
    registered.parameter_name,
    registered.row_id,
    registered.column_id,
    registered.parameter_value
from registered
inner join decisions
    on
        registered.model_name = decisions.model_name
        and registered.model_version = decisions.model_version
