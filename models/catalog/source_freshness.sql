-- Relative to the newest data of the whole lake, not to a clock, so that a build gives the same whenever
-- it runs; a lake that gets nothing at all any more shows by `marquee status`.

with

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

),

targets as (

    select * from {{ ref('freshness_targets') }}

),

newest as (

    select
        source_name,
        table_name,
        count(*) as loaded_file_count,
        max(greatest(
            -- An extract tells of its whole day.
            coalesce({{ dbt.dateadd('day', 1, 'cast(extract_date as timestamp(6))') }}, last_event_at),
            coalesce(last_event_at, {{ dbt.dateadd('day', 1, 'cast(extract_date as timestamp(6))') }})
        )) as newest_data_at
    from file_manifest
    where loaded_row_count > 0
    group by source_name, table_name

),

newest_of_all as (

    select max(newest_data_at) as newest_data_at
    from newest

),

measured as (

    select
        targets.source_name,
        targets.table_name,
        targets.owner,
        targets.reason as freshness_reason,
        coalesce(newest.loaded_file_count, 0) as loaded_file_count,
        targets.maximum_age_hours,
        {{ elapsed_ms('newest.newest_data_at', 'newest_of_all.newest_data_at') }} as lag_ms,
        newest.newest_data_at
    from targets
    cross join newest_of_all
    left join newest
        on
            targets.source_name = newest.source_name
            and targets.table_name = newest.table_name

)

select
    source_name,
    table_name,
    owner,
    freshness_reason,
    loaded_file_count,
    maximum_age_hours,
    cast({{ exact_rate('lag_ms - mod(lag_ms, 3600000)', '3600000') }} as bigint) as lag_hours,
    coalesce(lag_ms > cast(maximum_age_hours as bigint) * 3600000, false) as is_stale,
    newest_data_at
from measured
