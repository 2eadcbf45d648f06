-- Only impressions whose report of serving arrived: the others are known just because they went on. Estimates are
-- drawn towards those of the creative in the break with everybody, and these towards the break's: empirical Bayes,
-- with the strength of `ad_prior_impressions`. Intervals are Wilson's, with the impressions of the prior among them.

{% set prior = var('ad_prior_impressions') | int %}
{% set measures = [
    ('completion', 'completed_count', 'served_count'),
    ('skip', 'skipped_count', 'served_count'),
    ('click', 'clicked_count', 'served_count'),
    ('abandonment', 'abandoned_count', 'judged_count'),
] %}
{% set counts = [
    ('served_count', 'true'), ('first_quartile_count', 'percent_complete >= 25'),
    ('midpoint_count', 'percent_complete >= 50'), ('third_quartile_count', 'percent_complete >= 75'),
    ('completed_count', 'is_completed'), ('skipped_count', 'is_skipped'), ('clicked_count', 'is_clicked'),
    ('judged_count', 'is_abandoned is not null'), ('abandoned_count', 'is_abandoned'),
] %}

with

impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

impression_plays as (

    select * from {{ ref('int_impression_plays') }}

),

segments as (

    select * from {{ ref('customer_segments') }}

),

creatives as (

    select * from {{ ref('dim_creatives') }}

),

responses as (

    select
        impressions.*,
        segments.segment_id,
        case when segments.segment_id is null then 'Unknown taste' else segments.segment_label end as segment_label,
        impression_plays.is_abandoned
    from impressions
    left join segments
        on impressions.customer_id = segments.customer_id
    left join impression_plays
        on impressions.impression_id = impression_plays.impression_id
    where impressions.is_served

),

counted as (

    select
        {% for name, condition in counts %}
            count(case when {{ condition }} then 1 end) as {{ name }},
        {% endfor %}
        min(segment_id) as segment_id,
        creative_id,
        break_type,
        segment_label
    from responses
    group by creative_id, break_type, segment_label

),

summed as (

    select
        {% for name, _ in counts %}
            cast(sum({{ name }}) over (partition by break_type) as bigint) as break_{{ name }},
            cast(sum({{ name }}) over (partition by creative_id, break_type) as bigint) as creative_{{ name }},
        {% endfor %}
        *
    from counted

),

of_creatives as (

    select
        {% for name, successes, trials in measures %}
            {% set break_rate = exact_rate('break_' ~ successes, 'break_' ~ trials, 6) %}
            {{ shrunken_rate('creative_' ~ successes, 'creative_' ~ trials, break_rate, prior) }}
                as creative_{{ name }}_rate,
        {% endfor %}
        *
    from summed

),

estimated as (

    select
        {% for name, successes, trials in measures %}
            {{ shrunken_rate(successes, trials, 'creative_' ~ name ~ '_rate', prior) }} as expected_{{ name }}_rate,
        {% endfor %}
        *,
        served_count >= {{ var('ad_minimum_impressions') | int }} as is_ranked
    from of_creatives

),

ranked as (

    select
        *,
        row_number() over (
            partition by break_type, segment_label, is_ranked
            order by expected_completion_rate desc, expected_abandonment_rate asc, creative_id asc
        ) as expectation_rank
    from estimated

)

select
    ranked.creative_id,
    ranked.break_type,
    ranked.segment_label,
    ranked.segment_id,
    creatives.creative_name,
    creatives.advertiser_name,
    creatives.product_category,
    {% for name, _ in counts %}
        ranked.{{ name }},
    {% endfor %}
    {% for name, successes, trials in measures %}
        {{ exact_rate('ranked.' ~ successes, 'ranked.' ~ trials, 6) }} as observed_{{ name }}_rate,
        ranked.expected_{{ name }}_rate,
        {{ wilson_bound('ranked.expected_' ~ name ~ '_rate', '(ranked.' ~ trials ~ ' + ' ~ prior ~ ')', '-') }}
            as {{ name }}_lower_bound,
        {{ wilson_bound('ranked.expected_' ~ name ~ '_rate', '(ranked.' ~ trials ~ ' + ' ~ prior ~ ')', '+') }}
            as {{ name }}_upper_bound,
    {% endfor %}
    case when ranked.is_ranked then ranked.expectation_rank end as response_rank
from ranked
left join creatives
    on ranked.creative_id = creatives.creative_id
