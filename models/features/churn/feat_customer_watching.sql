with

title_plays as (

    select * from {{ ref('feat_customer_title_plays') }}

)

select
    customer_id,
    as_of_date,
    {% for window in ['7d', '30d', '90d'] %}
        cast(sum(play_count_{{ window }}) as bigint) as play_count_{{ window }},
    {% endfor %}
    cast(sum(completed_play_count_90d) as bigint) as completed_play_count_90d,
    {% for window in ['30d', '90d'] %}
        {{ exact_rate(
            'sum(completed_play_count_' ~ window ~ ')', 'sum(timed_play_count_' ~ window ~ ')', 8
        ) }} as completed_play_rate_{{ window }},
    {% endfor %}
    count(case when play_count_30d > 0 then 1 end) as title_count_30d,
    count(*) as title_count_90d,
    cast(sum(watched_ms_7d) as bigint) as watched_ms_7d,
    cast(sum(watched_ms_30d) as bigint) as watched_ms_30d,
    cast(sum(watched_ms_90d) as bigint) as watched_ms_90d
from title_plays
group by customer_id, as_of_date
