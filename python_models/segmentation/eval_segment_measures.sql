-- Sums of what profiles of segments show, in whole numbers of a small unit, with how many of the unit make one.

{% set engagement = {
    'watched hours in 90 days': ['snapshots.watched_seconds_90d', 1000, 3600000],
    'active days in 90 days': ['snapshots.active_day_count_90d', 1, 1],
    'plays in 90 days': ['snapshots.play_count_90d', 1, 1],
    'share of plays watched to the end': ['snapshots.completed_play_rate_90d', 100000000, 100000000],
    'paid in 90 days (US dollars)': ['snapshots.paid_amount_usd_90d', 100, 100],
} %}
{% set shares = {'device': ['tv', 'phone', 'tablet', 'desktop', 'console'], 'daypart': [
    'morning', 'afternoon', 'evening', 'night'
]} %}

with

scores as (

    select * from {{ ref('score_customer_segments') }}

),

snapshots as (

    select * from {{ ref('feat_customer_snapshots') }}

),

tastes as (

    select * from {{ ref('feat_customer_tastes') }}

),

churn as (

    select * from {{ ref('score_customer_churn') }}

),

measured as (

    select
        scores.segment_id,
        'genre' as measure_group,
        regexp_replace(tastes.taste_feature, '^genre:', '') as measure_name,
        tastes.feature_units * tastes.feature_units as measure_units,
        cast(1000000000000 as bigint) as units_per_one
    from scores
    inner join tastes
        on scores.customer_id = tastes.customer_id
    where tastes.taste_feature like 'genre:%'
    {% for name, parts in engagement.items() %}
        union all
        select
            scores.segment_id,
            'engagement' as measure_group,
            '{{ name }}' as measure_name,
            cast({{ parts[0] }} * {{ parts[1] }} as bigint) as measure_units,
            {{ parts[2] }} as units_per_one
        from scores
        inner join snapshots
            on
                scores.customer_id = snapshots.customer_id
                and scores.as_of_date = snapshots.as_of_date
        where {{ parts[0] }} is not null
    {% endfor %}
    {% for group, names in shares.items() %}
        {% for name in names %}
            union all
            select
                scores.segment_id,
                '{{ group }}' as measure_group,
                '{{ name }}' as measure_name,
                cast(snapshots.{{ name }}_share_rate_90d * 100000000 as bigint) as measure_units,
                100000000 as units_per_one
            from scores
            inner join snapshots
                on
                    scores.customer_id = snapshots.customer_id
                    and scores.as_of_date = snapshots.as_of_date
            where snapshots.{{ name }}_share_rate_90d is not null
        {% endfor %}
    {% endfor %}
    union all
    select
        scores.segment_id,
        'churn' as measure_group,
        'probability of leaving' as measure_name,
        cast(churn.churn_probability * 100000000 as bigint) as measure_units,
        100000000 as units_per_one
    from scores
    inner join churn
        on scores.customer_id = churn.customer_id
)

select
    segment_id,
    measure_group,
    measure_name,
    units_per_one,
    count(*) as measured_customer_count,
    cast(sum(measure_units) as bigint) as measure_units
from measured
group by segment_id, measure_group, measure_name, units_per_one
