with

payments as (

    select * from {{ ref('fct_payments') }}

),

counted as (

    select
        currency_code,
        count(*) as payment_count,
        count(payment_amount_usd) as converted_count
    from payments
    group by currency_code

)

select
    currency_code,
    payment_count,
    converted_count,
    -- Rounded down: almost all is not all.
    cast(floor({{ exact_rate('100 * converted_count', 'payment_count') }}) as bigint) as converted_percent
from counted
