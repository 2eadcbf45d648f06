-- A view, like the runs that it tells of.
{{ config(materialized='view') }}

with

requirements as (

    select * from {{ ref('requirements') }}

),

relations as (

    select * from {{ ref('relations') }}

),

requirement_checks as (

    select * from {{ ref('requirement_checks') }}

),

served as (

    select
        listed.requirement_id,
        {{ dbt.listagg('relations.relation_name', "', '", 'order by relations.relation_name') }} as relation_names
    from relations
    cross join unnest(split(relations.requirement_ids, ', ')) as listed (requirement_id)
    group by listed.requirement_id

),

checked as (

    select
        requirement_id,
        cast(count(*) as integer) as test_count,
        cast(count(*) filter (where node_status not in ('pass', 'success', 'warn')) as integer) as failed_test_count,
        max(node_finished_at) as node_finished_at
    from requirement_checks
    group by requirement_id

)

select
    requirements.requirement_id,
    requirements.area,
    requirements.title,
    requirements.works_when,
    served.relation_names,
    case
        when served.relation_names is null then 'not served'
        when checked.test_count is null then 'not tested'
        when checked.failed_test_count > 0 then 'failing'
        else 'passing'
    end as requirement_status,
    coalesce(checked.test_count, 0) as test_count,
    coalesce(checked.failed_test_count, 0) as failed_test_count,
    checked.node_finished_at
from requirements
left join served on requirements.requirement_id = served.requirement_id
left join checked on requirements.requirement_id = checked.requirement_id
