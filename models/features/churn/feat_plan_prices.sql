-- Prices as the newest extract before the snapshot day told them, and those of 90 days before; the first
-- price that is known also holds for the time before it.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

prices as (

    select * from {{ ref('dim_plan_prices') }}

),

exchange_rates as (

    select * from {{ ref('exchange_rates') }}

),

known as (

    select
        prices.*,
        windows.as_of_date,
        row_number() over (
            partition by windows.as_of_date, prices.plan_id, prices.currency_code
            order by prices.valid_from_date desc
        ) as recency_rank,
        row_number() over (
            partition by windows.as_of_date, prices.plan_id, prices.currency_code
            order by
                case when prices.valid_from_date < windows.from_90d_date then 0 else 1 end asc,
                case when prices.valid_from_date < windows.from_90d_date then prices.valid_from_date end desc,
                prices.valid_from_date asc
        ) as earlier_rank
    from prices
    inner join windows
        on prices.valid_from_date < windows.as_of_date

),

rates as (

    select
        windows.as_of_date,
        exchange_rates.currency_code,
        exchange_rates.usd_rate,
        row_number() over (
            partition by windows.as_of_date, exchange_rates.currency_code
            order by exchange_rates.valid_from_date desc
        ) as recency_rank
    from exchange_rates
    inner join windows
        on exchange_rates.valid_from_date < windows.as_of_date

)

select
    present.plan_id,
    present.currency_code,
    present.as_of_date,
    present.plan_tier,
    present.billing_period_months,
    -- In millionths of a dollar, which are whole: cents times a rate of six digits.
    {{ exact_rate(
        'cast(present.price_amount * 100 as bigint) * cast(rates.usd_rate * 1000000 as bigint)',
        'present.billing_period_months * 100000000', 2
    ) }} as monthly_price_usd,
    {{ exact_rate(
        'cast(present.price_amount * 100 as bigint)', 'cast(earlier.price_amount * 100 as bigint)', 8
    ) }} as price_ratio_90d
from known as present
inner join known as earlier
    on
        present.plan_id = earlier.plan_id
        and present.currency_code = earlier.currency_code
        and present.as_of_date = earlier.as_of_date
        and earlier.earlier_rank = 1
left join rates
    on
        present.currency_code = rates.currency_code
        and present.as_of_date = rates.as_of_date
        and rates.recency_rank = 1
where present.recency_rank = 1
