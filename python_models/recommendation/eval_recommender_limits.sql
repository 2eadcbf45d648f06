-- What may not be exceeded, whoever ranks best: lists of nothing but what everybody watches are good by every
-- measure of hits.

with

evaluations as (

    select * from {{ ref('eval_recommenders') }}

),

limits as (

    select * from {{ ref('model_limits') }}

)

select
    evaluations.model_name,
    evaluations.model_version,
    evaluations.split,
    {{ dbt.listagg(
        "limits.metric || ' is at most ' || cast(limits.maximum_value as varchar)", "', '",
        'order by limits.metric'
    ) }} as limit_criterion,
    count(case when evaluations.value > limits.maximum_value then 1 end) as exceeded_limit_count
from evaluations
inner join limits
    on
        evaluations.model_name = limits.model_name
        and evaluations.metric = limits.metric
group by evaluations.model_name, evaluations.model_version, evaluations.split
