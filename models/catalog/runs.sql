-- A view: the row of the build that is running right now gets its end after all models are built.
{{ config(materialized='view') }}

with

build_events as (

    select * from {{ source('audit', 'build_events') }}

)

select
    invocation_id,
    max(command) as command,
    case
        when max(case when event_name = 'finished' then 1 else 0 end) = 0 then 'unfinished'
        when max(failure_count) > 0 then 'failed'
        else 'succeeded'
    end as run_status,
    max(load_id) as newest_load_id,
    max(node_count) as node_count,
    max(failure_count) as failure_count,
    max(warning_count) as warning_count,
    bool_and(is_whole_graph) as is_whole_graph,
    min(occurred_at) as started_at,
    max(case when event_name = 'finished' then occurred_at end) as finished_at
from build_events
group by invocation_id
