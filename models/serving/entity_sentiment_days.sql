-- Days with posts. Few posts tell little, so a day is drawn towards what is said of the entity otherwise, and an
-- entity towards others of its type: as if so many more posts (var) had said that.

{% set prior = var('sentiment_prior_posts') %}

with

days as (

    select * from {{ ref('score_entity_sentiment_days') }}

),

sums as (

    select
        *,
        {{ day_number('sentiment_date') }} as day_number,
        cast(sum(post_count) over (partition by entity_type) as bigint) as type_post_count,
        cast(sum(score_units) over (partition by entity_type) as bigint) as type_score_units,
        cast(sum(post_count) over (partition by entity_type, entity_id) as bigint) as entity_post_count,
        cast(sum(score_units) over (partition by entity_type, entity_id) as bigint) as entity_score_units
    from days

),

typed as (

    select
        *,
        cast({{ rounded_quotient('type_score_units', 1, 'type_post_count') }} as bigint) as type_level_units
    from sums

),

levelled as (

    select
        *,
        cast({{ rounded_quotient(
            'entity_score_units + ' ~ prior ~ ' * type_level_units', 1, 'entity_post_count + ' ~ prior
        ) }} as bigint) as entity_level_units,
        {{ sum_of_days('post_count', 6) }} as post_count_7d,
        {{ sum_of_days('score_units', 6) }} as score_units_7d,
        {{ sum_of_days('post_count', 13, 7) }} as post_count_before,
        {{ sum_of_days('score_units', 13, 7) }} as score_units_before
    from typed

),

shrunk as (

    select
        *,
        {{ exact_rate('score_units', 'post_count * 10000', 8) }} as mean_score,
        {{ exact_rate(
            'score_units + ' ~ prior ~ ' * entity_level_units', '(post_count + ' ~ prior ~ ') * 10000', 8
        ) }} as day_score,
        {{ exact_rate(
            'score_units_7d + ' ~ prior ~ ' * entity_level_units', '(post_count_7d + ' ~ prior ~ ') * 10000', 8
        ) }} as week_score,
        {{ exact_rate(
            'score_units_before + ' ~ prior ~ ' * entity_level_units', '(post_count_before + ' ~ prior ~ ') * 10000', 8
        ) }} as score_before
    from levelled

)

select
    entity_type,
    entity_id,
    sentiment_date,
    post_count,
    negative_post_count,
    positive_post_count,
    cast(mean_score as decimal(12, 8)) as mean_sentiment_score,
    cast(day_score as decimal(12, 8)) as sentiment_score,
    post_count_7d,
    cast(week_score as decimal(12, 8)) as sentiment_score_7d,
    cast(week_score - score_before as decimal(12, 8)) as sentiment_trend,
    as_of_date
from shrunk
