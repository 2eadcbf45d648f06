{#- What a build can use of the registry for a model: the versions of the training before its snapshot day, those
    that an earlier build made for this very day, and the champion (is_champion). Only decisions of earlier days
    count, so that a build that is repeated decides again, by the same rows. As CTEs, the last one `usable`.
    To be put into a `with` clause that has the CTEs `artifacts`, `champions` and `latest` (as_of_date). -#}
{% macro usable_versions(model_name) -%}
ranked_champions as (

    select
        champions.model_version,
        row_number() over (
            order by champions.as_of_date desc, champions.published_at desc, champions.model_version asc
        ) as recency_rank
    from champions
    inner join latest on champions.as_of_date < latest.as_of_date
    where champions.model_name = '{{ model_name }}'

),

trainings as (

    -- Not a plain cast: an engine may try it on other entries before it filters.
    select model_version, try_cast(entry_text as date) as trained_date
    from artifacts
    where model_name = '{{ model_name }}' and artifact_name = 'training' and entry_id = 'as_of_date'

),

last_training as (

    select max(trainings.trained_date) as trained_date
    from trainings
    inner join latest on trainings.trained_date < latest.as_of_date

),

usable as (

    select trainings.model_version, ranked_champions.model_version is not null as is_champion
    from trainings
    cross join latest
    cross join last_training
    left join ranked_champions
        on trainings.model_version = ranked_champions.model_version and ranked_champions.recency_rank = 1
    where
        trainings.trained_date = latest.as_of_date
        or trainings.trained_date = last_training.trained_date
        or ranked_champions.model_version is not null

)
{%- endmacro %}
