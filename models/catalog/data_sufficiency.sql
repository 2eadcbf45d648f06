-- Everything is measured by the profiles: a source that is absent measures 0.

with

data_requirements as (

    select * from {{ ref('data_requirements') }}

),

source_profiles as (

    select * from {{ ref('source_profiles') }}

),

joined as (

    select
        data_requirements.*,
        coalesce(source_profiles.row_count, 0) as row_count,
        coalesce(source_profiles.row_count - source_profiles.null_count, 0) as filled_count,
        cast(source_profiles.minimum_at as date) as first_date,
        cast(source_profiles.maximum_at as date) as last_date
    from data_requirements
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
