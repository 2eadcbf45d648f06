-- Sudden shifts: the posts of seven days against those of the four weeks before, by a two-sample z-test with the
-- variance of all posts. Strict, because each entity is tested each day: by chance alone 3.5 standard errors are
-- passed once in two thousand tests, and neighbouring days are nearly the same test. Only the first day of a shift
-- is an alarm, those that follow within a week are not.

with

days as (

    select * from {{ ref('score_entity_sentiment_days') }}

),

overall as (

    select
        {{ rounded_quotient('sum(squared_score_units)', 1, 'sum(post_count)') }} as mean_square,
        {{ rounded_quotient('sum(score_units)', 1, 'sum(post_count)') }} as mean_units
    from days

),

numbered as (

    select
        *,
        {{ day_number('sentiment_date') }} as day_number
    from days

),

windowed as (

    select
        entity_type,
        entity_id,
        sentiment_date,
        as_of_date,
        day_number,
        {{ sum_of_days('post_count', 6) }} as post_count_7d,
        {{ sum_of_days('post_count', 34, 7) }} as post_count_before,
        {{ sum_of_days('score_units', 6) }} as score_units_7d,
        {{ sum_of_days('score_units', 34, 7) }} as score_units_before
    from numbered

),

tested as (

    select
        windowed.*,
        {{ exact_rate('windowed.score_units_7d', 'windowed.post_count_7d * 10000', 6) }} as score_7d,
        {{ exact_rate('windowed.score_units_before', 'windowed.post_count_before * 10000', 6) }} as score_before,
        -- In millionths.
        {{ exact_root(rounded_quotient(
            '(overall.mean_square - overall.mean_units * overall.mean_units)'
            ~ ' * (windowed.post_count_7d + windowed.post_count_before)',
            10000, 'windowed.post_count_7d * windowed.post_count_before'
        )) }} as standard_error_units
    from windowed
    cross join overall
    where
        windowed.post_count_7d >= {{ var('sentiment_alarm_posts') }}
        and windowed.post_count_before >= {{ var('sentiment_alarm_posts') }}

),

judged as (

    select
        *,
        {{ exact_rate('cast((score_7d - score_before) * 1000000 as bigint)', 'standard_error_units', 4) }} as z_score
    from tested

),

alarms as (

    select
        *,
        case when z_score < 0 then 'worse' else 'better' end as alarm_direction
    from judged
    where
        abs(z_score) >= {{ var('sentiment_alarm_z') }}
        and abs(score_7d - score_before) >= {{ var('sentiment_alarm_shift') }}

),

ordered as (

    select
        *,
        lag(day_number) over (
            partition by entity_type, entity_id, alarm_direction
            order by day_number asc
        ) as previous_day_number
    from alarms

)

select
    entity_type,
    entity_id,
    sentiment_date,
    alarm_direction,
    post_count_7d,
    cast(score_7d as decimal(12, 8)) as mean_sentiment_score_7d,
    post_count_before as post_count_before_28d,
    cast(score_before as decimal(12, 8)) as mean_sentiment_score_before_28d,
    cast(z_score as decimal(18, 4)) as z_score,
    as_of_date
from ordered
where
    previous_day_number is null
    or day_number - previous_day_number > 7
