-- Measured by the profiles, where they can tell it: a source that is absent measures 0. Each currency that
-- payments come in needs a rate, or its payments are in no sum of dollars.

with

data_requirements as (

    select * from {{ ref('data_requirements') }}

),

source_profiles as (

    select * from {{ ref('source_profiles') }}

),

currencies as (

    select * from {{ ref('int_payment_currencies') }}

),

subscription_periods as (

    select * from {{ ref('fct_subscription_periods') }}

),

voluntary as (

    select count(*) as period_count
    from subscription_periods
    where cancellation_type = 'voluntary'

),

joined as (

    select
        data_requirements.*,
        coalesce(source_profiles.row_count, 0) as row_count,
        coalesce(source_profiles.row_count - source_profiles.null_count, 0) as filled_count,
        voluntary.period_count as voluntary_count,
        cast(source_profiles.minimum_at as date) as first_date,
        cast(source_profiles.maximum_at as date) as last_date
    from data_requirements
    cross join voluntary
    left join source_profiles
        on
            data_requirements.source_name = source_profiles.source_name
            and data_requirements.table_name = source_profiles.table_name
            and data_requirements.column_name = source_profiles.column_name

),

rated as (

    select
        *,
        -- Rounded down: almost enough is not enough.
        floor({{ exact_rate('100 * filled_count', 'row_count') }}) as filled_percent
    from joined

),

measured as (

    select
        *,
        coalesce(
            case measure
                when 'row_count' then row_count
                when 'filled_count' then filled_count
                when 'filled_percent' then cast(filled_percent as bigint)
                when 'voluntary_count' then voluntary_count
                when 'days' then cast(date_diff('day', first_date, last_date) + 1 as bigint)
            end,
            0
        ) as measured_value
    from rated

),

judged as (

    select
        *,
        measured_value >= minimum_value as is_met
    from measured

)

select
    use_case,
    requirement,
    source_name,
    table_name,
    column_name,
    measure,
    concat(
        subject,
        case when is_met then ': ' else ' can not be learned: ' end,
        cast(measured_value as varchar),
        ' ',
        counted_noun,
        ', at least ',
        cast(minimum_value as varchar),
        ' are needed',
        case when is_met then '.' else concat(' (', reason, ').') end
    ) as finding,
    reason as requirement_reason,
    measured_value,
    minimum_value,
    is_met
from judged
union all
select
    'churn' as use_case,
    concat('exchange rate of ', currency_code) as requirement,
    'billing' as source_name,
    'payments' as table_name,
    'currency_code' as column_name,
    'filled_percent' as measure,
    concat(
        cast(payment_count - converted_count as varchar),
        ' of ',
        cast(payment_count as varchar),
        ' payments in currency ',
        currency_code,
        case
            when converted_count = payment_count then ' are without an exchange rate.'
            else
                concat(
                    ' (',
                    cast(100 - converted_percent as varchar),
                    ' %) have no exchange rate on their day: add it to seeds/exchange_rates.csv.'
                )
        end
    ) as finding,
    'what is not in dollars is missing in every sum over currencies' as requirement_reason,
    converted_percent as measured_value,
    cast(100 as bigint) as minimum_value,
    converted_count = payment_count as is_met
from currencies
