-- Everything is measured by the profiles: a source that is absent measures 0.

with

data_requirements as (

    select * from {{ ref('data_requirements') }}

),

source_profiles as (

    select * from {{ ref('source_profiles') }}

),

measured as (

    select
        data_requirements.use_case,
        data_requirements.requirement,
        data_requirements.source_name,
        data_requirements.table_name,
        data_requirements.column_name,
        data_requirements.measure,
        data_requirements.subject,
        data_requirements.counted_noun,
        data_requirements.reason as requirement_reason,
        data_requirements.minimum_value,
        coalesce(
            case data_requirements.measure
                when 'row_count' then source_profiles.row_count
                when 'filled_count' then source_profiles.row_count - source_profiles.null_count
                -- Rounded down: almost enough is not enough.
                when 'filled_percent' then cast(
                    floor(
                        {{ exact_rate(
                            '100 * (source_profiles.row_count - source_profiles.null_count)',
                            'source_profiles.row_count'
                        ) }}
                    ) as bigint
                )
                when 'days' then cast(
                    date_diff(
                        'day',
                        cast(source_profiles.minimum_at as date),
                        cast(source_profiles.maximum_at as date)
                    ) + 1 as bigint
                )
            end,
            0
        ) as measured_value
    from data_requirements
    left join source_profiles
        on
            data_requirements.source_name = source_profiles.source_name
            and data_requirements.table_name = source_profiles.table_name
            and data_requirements.column_name = source_profiles.column_name

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
        case when measured_value < minimum_value then ' can not be learned: ' else ': ' end,
        cast(measured_value as varchar),
        ' ',
        counted_noun,
        ', at least ',
        cast(minimum_value as varchar),
        ' are needed',
        case when measured_value < minimum_value then concat(' (', requirement_reason, ').') else '.' end
    ) as finding,
    requirement_reason,
    measured_value,
    minimum_value,
    measured_value >= minimum_value as is_met
from measured
