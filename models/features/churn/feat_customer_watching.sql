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
    {% for window in ['30d', '90d'] %}
        cast(sum(completed_play_count_{{ window }}) as bigint) as completed_play_count_{{ window }},
    {% endfor %}
    {% for window in ['30d', '90d'] %}
        {{ exact_rate(
            'sum(completed_play_count_' ~ window ~ ')', 'sum(timed_play_count_' ~ window ~ ')', 8
        ) }} as completed_play_rate_{{ window }},
    {% endfor %}
    {% for window in ['7d', '30d', '90d'] %}
        count(case when play_count_{{ window }} > 0 then 1 end) as title_count_{{ window }},
    {% endfor %}
    {% for window in ['7d', '30d', '90d'] %}
        cast(sum(watched_ms_{{ window }}) as bigint) as watched_ms_{{ window }}{{ ',' if not loop.last }}
    {% endfor %}
from title_plays
group by customer_id, as_of_date
