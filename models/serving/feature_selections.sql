-- What training wrote down about each feature, one row instead of one a figure.

with

artifacts as (

    select * from {{ ref('train_churn_models') }}

),

described as (

    select
        model_name,
        model_version,
        entry_id as feature,
        algorithm,
        max(case when field_name = 'reason' then entry_text end) as selection_reason,
        max(case when field_name = 'missing_share' then entry_text end) as missing_share_text,
        max(case when field_name = 'variance' then entry_text end) as variance_text,
        max(case when field_name = 'mutual_information' then entry_text end) as mutual_information_text,
        max(case when field_name = 'importance' then entry_text end) as importance_text
    from artifacts
    where artifact_name = 'feature'
    group by model_name, model_version, entry_id, algorithm

)

select
    model_name,
    model_version,
    feature,
    algorithm,
    selection_reason,
    cast(missing_share_text as decimal(12, 8)) as missing_share_rate,
    cast(variance_text as decimal(38, 8)) as feature_variance,
    cast(mutual_information_text as decimal(12, 8)) as mutual_information,
    cast(importance_text as decimal(18, 8)) as importance,
    selection_reason = 'kept' as is_kept
from described
