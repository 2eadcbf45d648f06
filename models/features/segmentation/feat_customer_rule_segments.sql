-- Segments by rules that anybody can check: how long ago, how often, how much (recency, frequency, money). Of
-- the rules in the seed the first that fits counts. Who is no customer any more falls to the last rule, which
-- asks nothing; a service without payments is not asked about money.

{% set limits = {
    'maximum_age_days': 'measures.customer_age_days <=',
    'maximum_recency_days': 'measures.days_since_last_play <=',
    'minimum_active_days': 'measures.active_day_count_90d >=',
} %}

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}
    where is_latest

),

snapshots as (

    select * from {{ ref('feat_customer_snapshots') }}

),

versions as (

    select * from {{ ref('dim_customer_versions') }}

),

tastes as (

    select * from {{ ref('feat_customer_top_titles') }}

),

rules as (

    select * from {{ ref('segment_rules') }}

),

current_customers as (

    select
        snapshots.customer_id,
        snapshots.customer_age_days,
        snapshots.days_since_last_play,
        snapshots.active_day_count_90d,
        snapshots.paid_amount_usd_90d,
        sum(snapshots.payment_count_90d) over () > 0 as has_payments
    from snapshots
    inner join windows
        on snapshots.as_of_date = windows.as_of_date

),

everybody as (

    select customer_id from current_customers
    union distinct
    select customer_id from tastes
    union distinct
    select versions.customer_id
    from versions
    inner join windows
        on
            versions.valid_from_date < windows.as_of_date
            and (versions.valid_to_date is null or versions.valid_to_date >= windows.as_of_date)

),

measures as (

    select
        everybody.customer_id,
        current_customers.customer_age_days,
        current_customers.days_since_last_play,
        current_customers.active_day_count_90d,
        current_customers.paid_amount_usd_90d,
        current_customers.has_payments,
        current_customers.customer_id is not null as is_customer
    from everybody
    left join current_customers
        on everybody.customer_id = current_customers.customer_id

),

fitting as (

    select
        measures.*,
        rules.rule_segment,
        row_number() over (partition by measures.customer_id order by rules.rule_rank asc) as fit_rank
    from measures
    cross join rules
    where
        {% for limit, condition in limits.items() -%}
            (rules.{{ limit }} is null or {{ condition }} rules.{{ limit }})
            and
        {% endfor -%}
        (
            rules.minimum_paid_usd is null
            or not measures.has_payments
            or measures.paid_amount_usd_90d >= rules.minimum_paid_usd
        )

)

select
    fitting.customer_id,
    windows.as_of_date,
    fitting.rule_segment,
    fitting.active_day_count_90d,
    fitting.days_since_last_play,
    fitting.paid_amount_usd_90d,
    fitting.is_customer
from fitting
cross join windows
where fitting.fit_rank = 1
