-- From the ledgers alone, so it costs nothing. Of tables that come as whole extracts the files of the
-- newest day count, which are one extract; of all others every file does.

with

column_profiles as (

    select * from {{ source('marquee', 'column_profiles') }}

),

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

),

dated as (

    select
        column_profiles.*,
        file_manifest.extract_date is not null as is_extract,
        coalesce(file_manifest.extract_date, cast(file_manifest.last_event_at as date)) as file_date
    from column_profiles
    inner join file_manifest
        on column_profiles.file_key = file_manifest.file_key

),

ranked as (

    select
        *,
        rank() over (
            partition by source_name, table_name, column_name
            order by file_date desc nulls last
        ) as date_rank,
        row_number() over (
            partition by source_name, table_name, column_name, is_landed
            order by file_date desc nulls last, load_id desc
        ) as landed_rank
    from dated

),

counted as (

    select
        *,
        not is_extract or date_rank = 1 as is_counted,
        is_landed and landed_rank = 1 as is_newest_landed
    from ranked

),

measured as (

    select
        source_name,
        table_name,
        column_name,
        min(minimum_text) filter (where is_counted) as minimum_text,
        max(maximum_text) filter (where is_counted) as maximum_text,
        cast(sum(row_count) filter (where is_counted) as bigint) as row_count,
        cast(sum(null_count) filter (where is_counted) as bigint) as null_count,
        max(distinct_count) filter (where is_newest_landed) as distinct_count,
        count(*) as file_count,
        count(*) filter (where is_landed) as landed_file_count,
        min(minimum_number) filter (where is_counted) as minimum_number,
        max(maximum_number) filter (where is_counted) as maximum_number,
        max(file_date) as newest_date,
        min(minimum_at) filter (where is_counted) as minimum_at,
        max(maximum_at) filter (where is_counted) as maximum_at,
        max(load_id) as load_id
    from counted
    group by source_name, table_name, column_name

)

select
    source_name,
    table_name,
    column_name,
    minimum_text,
    maximum_text,
    row_count,
    null_count,
    {{ exact_rate('null_count', 'row_count') }} as null_rate,
    distinct_count,
    file_count,
    landed_file_count,
    minimum_number,
    maximum_number,
    newest_date,
    minimum_at,
    maximum_at,
    load_id
from measured
