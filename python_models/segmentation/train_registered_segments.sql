-- What this build can use of the registry: the versions of the training before this snapshot day, those
-- that an earlier build made for this very day, and the champion. Only decisions of earlier days count, so
-- that a build that is repeated decides again, by the same rows.
{{ config(materialized='view') }}

with

artifacts as (

    select * from {{ source('marquee', 'model_artifacts') }}

),

champions as (

    select * from {{ source('marquee', 'model_champions') }}

),

titles as (

    select * from {{ ref('feat_top_titles') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from titles

),

ranked_champions as (

    select
        champions.model_version,
        row_number() over (
            order by champions.as_of_date desc, champions.published_at desc, champions.model_version asc
        ) as recency_rank
    from champions
    inner join latest
        on champions.as_of_date < latest.as_of_date
    where champions.model_name = 'segments'

),

trainings as (

    select
        model_version,
        -- Not a plain cast: an engine may try it on other entries before it filters.
        try_cast(entry_text as date) as trained_date
    from artifacts
    where
        model_name = 'segments'
        and artifact_name = 'training'
        and entry_id = 'as_of_date'

),

last_training as (

    select max(trainings.trained_date) as trained_date
    from trainings
    inner join latest
        on trainings.trained_date < latest.as_of_date

),

usable as (

    select
        trainings.model_version,
        ranked_champions.model_version is not null as is_champion
    from trainings
    cross join latest
    cross join last_training
    left join ranked_champions
        on
            trainings.model_version = ranked_champions.model_version
            and ranked_champions.recency_rank = 1
    where
        trainings.trained_date = latest.as_of_date
        or trainings.trained_date = last_training.trained_date
        or ranked_champions.model_version is not null

)

select
    artifacts.model_name,
    artifacts.model_version,
    artifacts.algorithm,
    artifacts.artifact_name,
    artifacts.entry_id,
    artifacts.field_name,
    artifacts.entry_text,
    usable.is_champion
from artifacts
inner join usable
    on artifacts.model_version = usable.model_version
where artifacts.model_name = 'segments'
