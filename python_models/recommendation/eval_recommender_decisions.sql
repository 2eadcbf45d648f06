-- The recorded rule: a version is accepted if the whole 95 % interval of its gain over the baseline
-- lies above the minimum and no limited figure exceeds its limit; the best accepted version becomes
-- champion, on the split by time where one could be measured. Nobody accepted, the baseline scores. Ties
-- go to the first name.

with

recommender_evaluations as (

    select * from {{ ref('eval_recommenders') }}

),

next_title_evaluations as (

    select * from {{ ref('eval_next_titles') }}

),

criteria as (

    select * from {{ ref('model_criteria') }}

),

evaluations as (

    select * from recommender_evaluations
    union all
    select * from next_title_evaluations

),

limits as (

    select * from {{ ref('eval_recommender_limits') }}

),

judged as (

    select
        evaluations.model_name,
        evaluations.model_version,
        evaluations.algorithm,
        evaluations.split,
        evaluations.metric,
        evaluations.value,
        evaluations.baseline_value,
        evaluations.training_fingerprint,
        evaluations.training_row_count,
        evaluations.specification,
        evaluations.package_versions,
        evaluations.code_version,
        criteria.minimum_gain,
        'the 95 % interval of the gain over ' || criteria.baseline_algorithm
        || ' lies above ' || cast(criteria.minimum_gain as varchar) as gain_criterion,
        evaluations.algorithm = criteria.baseline_algorithm as is_baseline,
        case criteria.better
            when 'higher' then evaluations.value
            else -evaluations.value
        end as goodness,
        case criteria.better
            when 'higher' then evaluations.difference_lower_bound
            else -evaluations.difference_upper_bound
        end as least_gain,
        row_number() over (
            partition by evaluations.model_name, evaluations.model_version
            order by
                case when evaluations.value is null then 1 else 0 end asc,
                case evaluations.split
                    when 'date' then 1
                    when 'customer_time' then 2
                    else 3
                end asc,
                evaluations.split asc
        ) as split_rank
    from evaluations
    inner join criteria
        on
            evaluations.model_name = criteria.model_name
            and evaluations.metric = criteria.metric

),

accepted as (

    select
        judged.*,
        case
            when not judged.is_baseline then
                coalesce(judged.least_gain > judged.minimum_gain, false)
                and coalesce(limits.exceeded_limit_count, 0) = 0
        end as is_met,
        case
            when not judged.is_baseline
                then judged.gain_criterion || coalesce(', ' || limits.limit_criterion, '')
        end as criterion
    from judged
    left join limits
        on
            judged.model_name = limits.model_name
            and judged.model_version = limits.model_version
            and judged.split = limits.split
    where judged.split_rank = 1

),

ranked as (

    select
        *,
        row_number() over (
            partition by model_name
            order by
                case when is_met or is_baseline then 0 else 1 end asc,
                case when goodness is null then 1 else 0 end asc,
                goodness desc,
                case when is_baseline then 0 else 1 end asc,
                algorithm asc
        ) as choice_rank
    from accepted

)

select
    model_name,
    model_version,
    algorithm,
    case
        when choice_rank = 1 then 'champion'
        when is_met or is_baseline then 'challenger'
        else 'rejected'
    end as status,
    split as deciding_split,
    metric as deciding_metric,
    criterion,
    training_fingerprint,
    specification,
    package_versions,
    code_version,
    training_row_count,
    value as deciding_value,
    baseline_value,
    least_gain,
    is_met
from ranked
