-- With what is known today; what was known at a date stands in int_subscription_versions.

with

periods as (

    select * from {{ ref('int_subscription_periods') }}

),

prices as (

    select * from {{ ref('dim_plan_prices') }}

),

newest_extract as (

    select max(last_seen_date) as extract_date
    from periods

),

-- The first known price also holds for the time before it, and each until the next.
price_days as (

    select
        *,
        lag(valid_from_date) over (
            partition by plan_id, currency_code
            order by valid_from_date asc
        ) is null as is_first_price,
        lead(valid_from_date) over (
            partition by plan_id, currency_code
            order by valid_from_date asc
        ) as next_valid_from_date
    from prices

),

-- Both plans at their prices on the day of the change: what a customer used to pay for the old one
-- may be long out of date.
priced as (

    select
        periods.*,
        new_prices.plan_tier,
        new_prices.billing_period_months,
        new_prices.price_amount,
        -- Prices for a month, over a common denominator.
        new_prices.price_amount * old_prices.billing_period_months as new_price,
        old_prices.price_amount * new_prices.billing_period_months as old_price
    from periods
    left join price_days as new_prices
        on
            periods.plan_id = new_prices.plan_id
            and periods.currency_code = new_prices.currency_code
            and (
                new_prices.is_first_price
                or cast(periods.started_at as date) >= new_prices.valid_from_date
            )
            and (
                new_prices.next_valid_from_date is null
                or cast(periods.started_at as date) < new_prices.next_valid_from_date
            )
    left join price_days as old_prices
        on
            periods.previous_plan_id = old_prices.plan_id
            and periods.previous_currency_code = old_prices.currency_code
            and (
                old_prices.is_first_price
                or cast(periods.started_at as date) >= old_prices.valid_from_date
            )
            and (
                old_prices.next_valid_from_date is null
                or cast(periods.started_at as date) < old_prices.next_valid_from_date
            )

)

select
    priced.subscription_id,
    priced.period_number,
    priced.customer_id,
    priced.plan_id,
    priced.currency_code,
    priced.plan_tier,
    case
        when priced.is_first or priced.is_return then 'new'
        when priced.previous_currency_code <> priced.currency_code then 'switch'
        when priced.new_price > priced.old_price then 'upgrade'
        when priced.new_price < priced.old_price then 'downgrade'
        else 'switch'
    end as change_type,
    priced.cancellation_type,
    priced.cancellation_reason,
    priced.billing_period_months,
    priced.price_amount,
    priced.is_last
    and not priced.is_vanished
    and (
        priced.ended_at is null
        or priced.ended_at
        >= cast({{ dbt.dateadd('day', 1, 'newest_extract.extract_date') }} as timestamp(6))
    ) as is_current,
    priced.is_first,
    priced.first_seen_date,
    priced.last_seen_date,
    priced.started_at,
    priced.ended_at,
    priced.cancelled_at
from priced
cross join newest_extract
