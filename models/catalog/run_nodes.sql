-- A view: the nodes of the run that is going on are written after all models are built.
{{ config(materialized='view') }}

with

run_nodes as (

    select * from {{ source('audit', 'run_nodes') }}

)

select
    invocation_id,
    node_id,
    relation_name,
    node_type,
    node_status,
    built_row_count,
    failing_row_count,
    execution_ms,
    started_at,
    node_finished_at
from run_nodes
