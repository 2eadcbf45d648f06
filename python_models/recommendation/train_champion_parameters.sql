-- What lists are scored with; the neighbours behind "similar titles" stay out unless they are it.
{{ config(materialized='view') }}

with

parameters as (

    select * from {{ ref('train_recommenders') }}

),

decisions as (

    select * from {{ ref('eval_recommender_decisions') }}

)

select
    parameters.model_name,
    parameters.model_version,
    parameters.algorithm,
    parameters.parameter_name,
    parameters.row_id,
    parameters.column_id,
    parameters.parameter_value
from parameters
inner join decisions
    on
        parameters.model_name = decisions.model_name
        and parameters.model_version = decisions.model_version
where
    decisions.status = 'champion'
    or parameters.algorithm = 'popularity'
