-- The recorded rule: a version is accepted if the whole 95 % interval of its gain in silhouette over the rule
-- segments lies above the minimum and both success criteria of its specification are reached. A champion that
-- the registry names goes on assigning customers unless an accepted version is better than it beyond the
-- interval. Without either nobody gets a segment of tastes, and the rule segments stand alone.

with

evaluations as (

    select * from {{ ref('eval_segments') }}

),

criteria as (

    select * from {{ ref('model_criteria') }}
    where model_name = 'segments'

),

-- What was tried for each number of segments chose one of them; it is no figure of the version.
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
        'the 95 % interval of the gain over ' || criteria.baseline_algorithm || ' lies above '
        || cast(criteria.minimum_gain as varchar) || ', and both success criteria are reached' as criterion,
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
    where evaluations.split like 'customers%'
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
        max(case when is_registered_champion then 1 else 0 end) over (partition by model_name) as has_champion,
        coalesce(least_gain > minimum_gain and least_surplus >= 0, false) as is_met
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
                    when is_registered_champion then 1
                    else 2
                end asc,
                case when deciding_value is null then 1 else 0 end asc,
                deciding_value desc,
                model_version asc
        ) as choice_rank
    from accepted

)

select
    model_name,
    model_version,
    algorithm,
    case
        when choice_rank = 1 and (is_met or is_registered_champion) then 'champion'
        when is_met then 'challenger'
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
