-- The champion's centroids as numbers, one row a segment and feature: what SQL assigns by, and anybody can read.

with

artifacts as (

    select * from {{ ref('train_segments') }}

),

decisions as (

    select * from {{ ref('eval_segment_decisions') }}
    where status = 'champion'

),

chosen as (

    select
        artifacts.model_version,
        artifacts.artifact_name,
        artifacts.entry_id,
        artifacts.field_name,
        artifacts.entry_text
    from artifacts
    inner join decisions
        on artifacts.model_version = decisions.model_version

),

weights as (

    select
        entry_id as taste_feature,
        max(case when field_name = 'weight' then entry_text end) as weight_text,
        max(case when field_name = 'mean_units' then entry_text end) as mean_text
    from chosen
    where artifact_name = 'feature'
    group by entry_id

),

settings as (

    select entry_text as minimum_play_text
    from chosen
    where
        artifact_name = 'model'
        and entry_id = 'minimum_play_count'

)

select
    chosen.model_version,
    -- Not plain casts: an engine may try them on other entries before it filters.
    try_cast(chosen.entry_id as bigint) as segment_id,
    chosen.field_name as taste_feature,
    try_cast(chosen.entry_text as bigint) as centroid_units,
    try_cast(weights.mean_text as bigint) as mean_units,
    try_cast(weights.weight_text as bigint) as feature_weight,
    try_cast(settings.minimum_play_text as bigint) as minimum_play_count
from chosen
inner join weights
    on chosen.field_name = weights.taste_feature
cross join settings
where chosen.artifact_name = 'centroid'
