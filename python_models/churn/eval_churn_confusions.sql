-- What would have come of each cutoff among the customers whom training never saw. No costs here: they
-- change what is chosen, not what happened.

with

predictions as (

    select * from {{ ref('eval_churn_predictions') }}

),

digits as (

    select listed.digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)

),

percents as (

    select 10 * tens.digit + ones.digit as cutoff_percent
    from digits as tens
    cross join digits as ones
    union all
    select 100 as cutoff_percent

),

-- Whole percents that a probability reaches: it lies above just these cutoffs.
reached as (

    select
        model_version,
        cast(floor(churn_probability * 100) as integer) as reached_percent,
        cast(count(case when is_churned then 1 end) as bigint) as churned_count,
        cast(count(case when not is_churned then 1 end) as bigint) as stayed_count
    from predictions
    group by model_version, cast(floor(churn_probability * 100) as integer)

),

compared as (

    select
        reached.*,
        percents.cutoff_percent,
        reached.reached_percent >= percents.cutoff_percent as is_offered
    from reached
    cross join percents

),

counted as (

    select
        model_version,
        cutoff_percent,
        cast(sum(case when is_offered then churned_count else 0 end) as bigint) as true_positive_count,
        cast(sum(case when is_offered then stayed_count else 0 end) as bigint) as false_positive_count,
        cast(sum(case when is_offered then 0 else stayed_count end) as bigint) as true_negative_count,
        cast(sum(case when is_offered then 0 else churned_count end) as bigint) as false_negative_count
    from compared
    group by model_version, cutoff_percent

)

select
    model_version,
    cast(cast(cutoff_percent as decimal(3, 0)) * cast('0.01' as decimal(2, 2)) as decimal(3, 2)) as cutoff,
    true_positive_count,
    false_positive_count,
    true_negative_count,
    false_negative_count
from counted
