-- What is said of the forecasts: champion if the whole 95 % interval of their error lies below that of the naive
-- forecast and their intervals held 70 to 90 % of what came. Rejected ones are shown too, with what is wrong.

with

evaluations as (

    select * from {{ ref('eval_sentiment_forecasts') }}

),

criteria as (

    select * from {{ ref('model_criteria') }}
    where model_name = 'sentiment_forecast'

),

figures as (

    select
        evaluations.model_name,
        evaluations.model_version,
        evaluations.algorithm,
        evaluations.split as deciding_split,
        criteria.metric as deciding_metric,
        criteria.minimum_gain,
        evaluations.training_fingerprint,
        evaluations.specification,
        evaluations.package_versions,
        evaluations.code_version,
        evaluations.training_row_count,
        'the 95 % interval of the error lies more than ' || cast(criteria.minimum_gain as varchar) || ' below that of '
        || criteria.baseline_algorithm || ', and intervals of 80 % hold 70 to 90 % of what came' as criterion,
        max(case when evaluations.metric = criteria.metric then evaluations.value end) as deciding_value,
        max(case when evaluations.metric = criteria.metric then evaluations.baseline_value end) as baseline_value,
        max(case when evaluations.metric = criteria.metric then evaluations.difference_upper_bound end)
            as greatest_difference,
        max(case when evaluations.metric = 'coverage_80' then evaluations.value end) as coverage_rate
    from evaluations
    inner join criteria
        on evaluations.model_name = criteria.model_name
    group by
        evaluations.model_name,
        evaluations.model_version,
        evaluations.algorithm,
        evaluations.split,
        criteria.metric,
        criteria.baseline_algorithm,
        criteria.minimum_gain,
        evaluations.training_fingerprint,
        evaluations.specification,
        evaluations.package_versions,
        evaluations.code_version,
        evaluations.training_row_count

),

judged as (

    select
        *,
        coalesce(
            greatest_difference < 0 - minimum_gain
            and coverage_rate between cast('0.7' as decimal(12, 8)) and cast('0.9' as decimal(12, 8)), false
        ) as is_met
    from figures

)

select
    model_name,
    model_version,
    algorithm,
    case when is_met then 'champion' else 'rejected' end as status,
    deciding_split,
    deciding_metric,
    criterion,
    training_fingerprint,
    specification,
    package_versions,
    code_version,
    training_row_count,
    deciding_value,
    baseline_value,
    cast(0 - greatest_difference as decimal(12, 8)) as least_gain,
    is_met
from judged
