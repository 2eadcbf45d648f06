-- The only place where the rule is read; costs are read here and in what follows from it.

with

counted as (

    select * from {{ ref('eval_churn_confusions') }}

),

costs as (

    select * from {{ ref('churn_costs') }}

),

rules as (

    select * from {{ ref('churn_cutoff_rules') }}

),

measured as (

    select
        counted.*,
        {{ exact_rate('true_positive_count', 'true_positive_count + false_positive_count', 8) }} as precision_rate,
        {{ exact_rate('true_positive_count', 'true_positive_count + false_negative_count', 8) }} as recall_rate,
        {{ exact_rate('false_positive_count', 'false_positive_count + true_negative_count', 8) }}
            as false_positive_rate,
        {{ exact_rate(
            'true_positive_count + true_negative_count',
            'true_positive_count + false_positive_count + true_negative_count + false_negative_count', 8
        ) }} as accuracy_rate,
        {{ exact_rate(
            '2 * true_positive_count', '2 * true_positive_count + false_positive_count + false_negative_count', 8
        ) }} as f1_rate,
        cast(
            round(
                cast(counted.true_positive_count as decimal(12, 0)) * costs.success_rate * costs.saved_value_usd
                - cast(counted.true_positive_count + counted.false_positive_count as decimal(12, 0))
                * costs.offer_cost_usd,
                2
            ) as decimal(18, 2)
        ) as expected_value_usd
    from counted
    cross join costs

),

aimed as (

    select
        measured.*,
        rules.cutoff_rule,
        case rules.cutoff_rule
            when 'recall' then measured.recall_rate >= rules.target_rate
            when 'precision' then coalesce(measured.precision_rate >= rules.target_rate, false)
            when 'false_positive_rate' then measured.false_positive_rate <= rules.target_rate
            when 'accuracy' then measured.accuracy_rate >= rules.target_rate
            else true
        end as is_reached
    from measured
    cross join rules

),

-- How good a cutoff is by the rule: the most money; or, of those that reach the target, the one with the
-- fewest offers (recall) or the most leavers found (the others); where none does, the one that comes nearest.
valued as (

    select
        *,
        case
            when cutoff_rule = 'best_money' then expected_value_usd
            when cutoff_rule = 'recall' and is_reached then cutoff
            when is_reached or cutoff_rule = 'recall' then recall_rate
            when cutoff_rule = 'precision' then coalesce(precision_rate, 0)
            when cutoff_rule = 'accuracy' then accuracy_rate
            else -false_positive_rate
        end as rule_value
    from aimed

),

-- Of equally good cutoffs the highest: fewer offers.
ranked as (

    select
        *,
        row_number() over (
            partition by model_version
            order by case when is_reached then 0 else 1 end asc, rule_value desc, cutoff desc
        ) as choice_rank
    from valued

)

select
    model_version,
    cutoff,
    true_positive_count,
    false_positive_count,
    true_negative_count,
    false_negative_count,
    precision_rate,
    recall_rate,
    false_positive_rate,
    accuracy_rate,
    f1_rate,
    expected_value_usd,
    choice_rank = 1 as is_chosen
from ranked
