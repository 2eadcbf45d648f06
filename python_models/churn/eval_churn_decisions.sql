-- The recorded rule: a version is accepted if the whole 95 % interval of its gain over the baseline lies
-- above the minimum and both success criteria of its specification are reached. A champion that the
-- registry names goes on scoring unless an accepted version is better than it beyond the interval; else
-- the best accepted version scores, and without one the baseline. Ties go to the first name.

with

evaluations as (

    select * from {{ ref('eval_churn_models') }}

),

criteria as (

    select * from {{ ref('model_criteria') }}
    where model_name = 'churn'

),

-- Folds chose the settings; what decides is the rows that training never saw.
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
        evaluations.algorithm = criteria.baseline_algorithm as is_baseline,
        'the 95 % interval of the gain over ' || criteria.baseline_algorithm || ' lies above '
        || cast(criteria.minimum_gain as varchar) || ', and both success criteria are reached' as gain_criterion,
        max(case when evaluations.metric = criteria.metric then evaluations.value end) as deciding_value,
        max(case when evaluations.metric = criteria.metric then evaluations.baseline_value end) as baseline_value,
        max(case when evaluations.metric = criteria.metric then evaluations.difference_lower_bound end) as least_gain,
        min(
            case
                when evaluations.metric in ('technical_criterion', 'business_criterion') then evaluations.difference
            end
        ) as least_surplus,
        max(
            case when evaluations.metric = 'gain_over_champion' then evaluations.difference_lower_bound end
        ) as least_gain_over_champion,
        count(case when evaluations.metric = 'registered_champion' then 1 end) > 0 as is_registered_champion
    from evaluations
    inner join criteria
        on evaluations.model_name = criteria.model_name
    where
        evaluations.split not like 'fold%'
        and evaluations.split <> 'validation'
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

accepted as (

    select
        *,
        -- A baseline defends nothing: the newest one knows best how many leave.
        max(case when is_registered_champion and not is_baseline then 1 else 0 end) over (
            partition by model_name
        ) as has_champion,
        case when not is_baseline then gain_criterion end as criterion,
        case
            when not is_baseline then coalesce(least_gain > minimum_gain and least_surplus >= 0, false)
        end as is_met
    from figures

),

ranked as (

    select
        *,
        row_number() over (
            partition by model_name
            order by
                case
                    when is_met and (has_champion = 0 or coalesce(least_gain_over_champion > 0, false)) then 0
                    when is_registered_champion and not is_baseline then 1
                    when is_baseline and not is_registered_champion then 2
                    when is_baseline then 3
                    else 4
                end asc,
                case when deciding_value is null then 1 else 0 end asc,
                deciding_value desc,
                algorithm asc,
                model_version asc
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
    least_gain,
    is_met
from ranked
