-- What happened in 7 days also happened in 30, and that in 90; parts of a whole add up to it.

{% set nested = [
    'play_count', 'session_count', 'active_day_count', 'service_case_count', 'watched_seconds'
] %}
{% set pairs = ['title_count', 'failed_payment_count', 'retention_choice_count'] %}

with

snapshots as (

    select * from {{ ref('feat_customer_snapshots') }}

),

genre_shares as (

    select * from {{ ref('feat_customer_genre_shares') }}

),

genre_sums as (

    select
        customer_id,
        as_of_date,
        sum(genre_share_rate) as total_rate
    from genre_shares
    group by customer_id, as_of_date

)

select
    customer_id,
    as_of_date
from snapshots
where
    {% for measure in nested %}
        {{ measure }}_7d > {{ measure }}_30d
        or
    {% endfor %}
    {% for measure in nested + pairs %}
        {{ measure }}_30d > {{ measure }}_90d
        or
    {% endfor %}
    title_count_90d > play_count_90d
    or completed_play_count_90d > play_count_90d
    or retention_offer_count_90d > retention_choice_count_90d
    -- Each share is rounded at the eighth digit.
    or abs(
        night_share_rate_90d + morning_share_rate_90d + afternoon_share_rate_90d + evening_share_rate_90d - 1
    ) > 0.0000001
union all
select
    customer_id,
    as_of_date
from genre_sums
where abs(total_rate - 1) > 0.000001
