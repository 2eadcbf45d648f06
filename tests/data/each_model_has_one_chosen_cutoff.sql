with

cutoffs as (

    select * from {{ ref('churn_cutoffs') }}

)

select
    model_version,
    count(*) as cutoff_count,
    count(case when is_chosen then 1 end) as chosen_count
from cutoffs
group by model_version
having
    count(*) <> 101
    or count(case when is_chosen then 1 end) <> 1
