-- All that models of churn and segmentation know of a customer, side by side. Counts are 0 where there was
-- nothing to count; rates and days since are null. Trends compare what a day brought in the shorter and in the
-- longer window, of the days on which the customer could be seen at all.

{% set zeros = {
    'visits': [
        'device_count_90d', 'active_day_count_7d', 'active_day_count_30d', 'active_day_count_90d', 'session_count_7d',
        'session_count_30d', 'session_count_90d', 'session_without_play_count_30d', 'search_without_play_count_30d'
    ],
    'watching': [
        'play_count_7d', 'play_count_30d', 'play_count_90d', 'completed_play_count_90d', 'title_count_30d',
        'title_count_90d'
    ],
    'genres': ['genre_count_90d'],
    'playback': [
        'error_count_7d', 'error_count_30d', 'video_start_failure_count_7d', 'video_start_failure_count_30d',
        'exit_before_video_start_count_30d'
    ],
    'billing': [
        'plan_change_count_90d', 'payment_count_90d', 'failed_payment_count_30d', 'failed_payment_count_90d'
    ],
    'contacts': [
        'service_case_count_7d', 'service_case_count_30d', 'service_case_count_90d', 'open_service_case_count',
        'playback_case_count_30d', 'cancellation_case_count_90d', 'retention_choice_count_30d',
        'retention_choice_count_90d', 'retention_offer_count_90d'
    ],
    'opinions': ['rating_count_90d', 'post_count_90d']
} %}
{% set known = {
    'watching': ['completed_play_rate_30d', 'completed_play_rate_90d'],
    'genres': ['top_genre_share_rate_90d', 'genre_concentration_rate_90d'],
    'playback': [
        'tv_share_rate_90d', 'phone_share_rate_90d', 'tablet_share_rate_90d', 'desktop_share_rate_90d',
        'console_share_rate_90d', 'night_share_rate_90d', 'morning_share_rate_90d', 'afternoon_share_rate_90d',
        'evening_share_rate_90d', 'rebuffers_per_hour_7d', 'rebuffers_per_hour_30d', 'rebuffering_rate_30d',
        'mean_startup_time_ms_30d', 'video_start_failure_rate_30d', 'days_since_last_play'
    ],
    'visits': ['search_without_play_rate_90d', 'days_since_last_visit'],
    'billing': [
        'monthly_price_usd', 'price_ratio_90d', 'paid_amount_usd_90d', 'days_since_last_failed_payment',
        'days_since_last_payment'
    ],
    'contacts': ['mean_satisfaction_score_90d', 'days_since_last_retention_offer'],
    'opinions': ['mean_rating_value_90d']
} %}
{% set trends = {'watched': 'watching.watched_ms', 'session': 'visits.session_count'} %}
{% set seen_days = {
    '7d': 'case when states.observed_days_90d < 7 then states.observed_days_90d else 7 end',
    '30d': 'case when states.observed_days_90d < 30 then states.observed_days_90d else 30 end',
    '90d': 'coalesce(states.observed_days_90d, 90)'
} %}

with

states as (

    select * from {{ ref('feat_customer_states') }}

),

visits as (

    select * from {{ ref('feat_customer_visits') }}

),

watching as (

    select * from {{ ref('feat_customer_watching') }}

),

genres as (

    select * from {{ ref('feat_customer_genres') }}

),

playback as (

    select * from {{ ref('feat_customer_playback') }}

),

billing as (

    select * from {{ ref('feat_customer_billing') }}

),

contacts as (

    select * from {{ ref('feat_customer_contacts') }}

),

opinions as (

    select * from {{ ref('feat_customer_opinions') }}

)

select
    states.customer_id,
    states.as_of_date,
    states.subscription_id,
    states.plan_id,
    states.currency_code,
    states.country_code,
    states.subscription_status,
    billing.plan_tier,
    billing.billing_period_months,
    states.tenure_days,
    states.customer_age_days,
    states.observed_days_90d,
    {% for window in ['7d', '30d', '90d'] %}
        {{ exact_rate('coalesce(watching.watched_ms_' ~ window ~ ', 0)', '1000', 3) }}
            as watched_seconds_{{ window }},
    {% endfor %}
    {% for name, measure in trends.items() %}
        {% for short, long in [('7d', '30d'), ('30d', '90d')] %}
            {{ exact_rate(
                'coalesce(' ~ measure ~ '_' ~ short ~ ', 0) * ' ~ seen_days[long],
                measure ~ '_' ~ long ~ ' * ' ~ seen_days[short], 8
            ) }} as {{ name }}_ratio_{{ short }}_{{ long }},
        {% endfor %}
    {% endfor %}
    {{ exact_rate('visits.days_since_last_visit * visits.session_count_90d', seen_days['90d'], 8) }}
        as missed_session_ratio_90d,
    {% for source, columns in zeros.items() %}
        {% for column in columns %}
            coalesce({{ source }}.{{ column }}, 0) as {{ column }},
        {% endfor %}
    {% endfor %}
    {% for source, columns in known.items() %}
        {% for column in columns %}
            {{ source }}.{{ column }},
        {% endfor %}
    {% endfor %}
    states.has_subscription,
    states.is_cancelled,
    states.has_auto_renewal,
    states.is_trial
from states
{% for source in ['visits', 'watching', 'genres', 'playback', 'billing', 'contacts', 'opinions'] %}
    left join {{ source }}
        on
            states.customer_id = {{ source }}.customer_id
            and states.as_of_date = {{ source }}.as_of_date
{% endfor %}
