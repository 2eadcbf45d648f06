-- On what, when and how well customers watched; plays as they were known on the snapshot day.

{% set device_classes = ['tv', 'phone', 'tablet', 'desktop', 'console'] %}
{# Hours of the day (UTC) at which they begin. #}
{% set dayparts = {'night': 0, 'morning': 6, 'afternoon': 12, 'evening': 18} %}

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

plays as (

    select * from {{ ref('int_play_versions') }}

),

known_plays as (

    select
        plays.customer_id,
        windows.as_of_date,
        plays.device_class,
        extract(hour from plays.started_at) as started_hour,
        plays.watched_ms,
        plays.startup_time_ms,
        plays.rebuffer_count,
        plays.rebuffer_ms,
        plays.error_count,
        plays.is_video_start_failure,
        plays.is_exit_before_video_start,
        plays.broadcast_date >= windows.from_7d_date as is_in_7d,
        plays.broadcast_date >= windows.from_30d_date as is_in_30d,
        plays.broadcast_date
    from plays
    inner join windows
        on {{ known_in_windows('plays') }}
    where plays.customer_id is not null

),

summed as (

    select
        customer_id,
        as_of_date,
        count(case when is_in_30d then 1 end) as play_count_30d,
        {% for device_class in device_classes %}
            sum(case when device_class = '{{ device_class }}' then watched_ms end) as {{ device_class }}_ms,
        {% endfor %}
        sum(case when device_class is not null then watched_ms end) as device_ms,
        {% for daypart, hour in dayparts.items() %}
            sum(
                case when started_hour >= {{ hour }} and started_hour < {{ hour + 6 }} then watched_ms end
            ) as {{ daypart }}_ms,
        {% endfor %}
        sum(watched_ms) as watched_ms_90d,
        sum(case when is_in_7d then watched_ms end) as watched_ms_7d,
        sum(case when is_in_30d then watched_ms end) as watched_ms_30d,
        sum(case when is_in_30d then startup_time_ms end) as startup_ms_30d,
        count(case when is_in_30d then startup_time_ms end) as startup_count_30d,
        {% for window in ['7d', '30d'] %}
            sum(case when is_in_{{ window }} then rebuffer_count else 0 end) as rebuffer_count_{{ window }},
            sum(case when is_in_{{ window }} then error_count else 0 end) as error_count_{{ window }},
            count(case when is_in_{{ window }} and is_video_start_failure then 1 end)
                as video_start_failure_count_{{ window }},
        {% endfor %}
        sum(case when is_in_30d then rebuffer_ms else 0 end) as rebuffer_ms_30d,
        count(case when is_in_30d and is_exit_before_video_start then 1 end) as exit_before_video_start_count_30d,
        max(broadcast_date) as last_play_date
    from known_plays
    group by customer_id, as_of_date

)

select
    customer_id,
    as_of_date,
    {% for device_class in device_classes %}
        {{ exact_rate('coalesce(' ~ device_class ~ '_ms, 0)', 'device_ms', 8) }} as {{ device_class }}_share_rate_90d,
    {% endfor %}
    {% for daypart in dayparts %}
        {{ exact_rate('coalesce(' ~ daypart ~ '_ms, 0)', 'watched_ms_90d', 8) }} as {{ daypart }}_share_rate_90d,
    {% endfor %}
    {% for window in ['7d', '30d'] %}
        {{ exact_rate('rebuffer_count_' ~ window ~ ' * 3600000', 'watched_ms_' ~ window, 4) }}
            as rebuffers_per_hour_{{ window }},
    {% endfor %}
    {{ exact_rate('rebuffer_ms_30d', 'rebuffer_ms_30d + watched_ms_30d', 8) }} as rebuffering_rate_30d,
    {{ exact_rate('startup_ms_30d', 'startup_count_30d', 3) }} as mean_startup_time_ms_30d,
    {% for window in ['7d', '30d'] %}
        cast(error_count_{{ window }} as bigint) as error_count_{{ window }},
    {% endfor %}
    {% for window in ['7d', '30d'] %}
        video_start_failure_count_{{ window }},
    {% endfor %}
    {{ exact_rate('video_start_failure_count_30d', 'play_count_30d', 8) }} as video_start_failure_rate_30d,
    exit_before_video_start_count_30d,
    date_diff('day', last_play_date, as_of_date) as days_since_last_play
from summed
