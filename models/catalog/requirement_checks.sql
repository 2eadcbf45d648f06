-- A view, like the runs that it tells of. Tests that the newest whole build did not run any more have left
-- the project.
{{ config(materialized='view') }}

with

relations as (

    select * from {{ ref('relations') }}

),

run_nodes as (

    select * from {{ ref('run_nodes') }}

),

runs as (

    select * from {{ ref('runs') }}

),

newest_whole as (

    select max(started_at) as started_at
    from runs
    where is_whole_graph and finished_at is not null

),

ranked as (

    select
        run_nodes.*,
        row_number() over (
            partition by run_nodes.node_id
            order by run_nodes.node_finished_at desc nulls last, run_nodes.invocation_id desc
        ) as recency_rank
    from run_nodes
    cross join newest_whole
    where
        run_nodes.node_type in ('test', 'unit_test')
        and (newest_whole.started_at is null or run_nodes.node_finished_at >= newest_whole.started_at)

),

served as (

    select
        relations.relation_name,
        listed.requirement_id
    from relations
    cross join unnest(split(relations.requirement_ids, ', ')) as listed (requirement_id)

)

select
    served.requirement_id,
    ranked.node_id,
    ranked.relation_name,
    ranked.node_type,
    ranked.node_status,
    ranked.failing_row_count,
    ranked.node_finished_at
from ranked
inner join served on ranked.relation_name = served.relation_name
where ranked.recency_rank = 1
