-- From the manifest alone: what the files have lies apart from what the contract says.

with

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

),

listed as (

    select
        *,
        'unknown' as drift_kind,
        unknown_columns as column_names_listed
    from file_manifest
    where unknown_columns is not null

    union all

    select
        *,
        'missing' as drift_kind,
        missing_columns as column_names_listed
    from file_manifest
    where missing_columns is not null

    union all

    select
        *,
        'renamed' as drift_kind,
        renamed_columns as column_names_listed
    from file_manifest
    where renamed_columns is not null

    union all

    select
        *,
        'lost' as drift_kind,
        lost_columns as column_names_listed
    from file_manifest
    where lost_columns is not null

),

drifts as (

    select
        listed.file_key,
        listed.source_name,
        listed.table_name,
        drift.column_name,
        listed.drift_kind,
        listed.file_name,
        coalesce(listed.extract_date, cast(listed.first_event_at as date)) as file_date,
        listed.load_id
    from listed
    cross join unnest(split(listed.column_names_listed, ', ')) as drift (column_name)

)

select
    file_key,
    source_name,
    table_name,
    column_name,
    drift_kind,
    file_name,
    first_value(file_name) over (
        partition by source_name, table_name, column_name, drift_kind
        order by load_id
        rows between unbounded preceding and current row
    ) as first_file_name,
    file_date,
    min(file_date) over (
        partition by source_name, table_name, column_name, drift_kind
    ) as first_date,
    load_id
from drifts
