with

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

)

select
    file_key,
    source_name,
    table_name,
    file_name,
    file_format,
    content_sha256,
    lake_path,
    column_names,
    unknown_columns,
    missing_columns,
    byte_count,
    landed_row_count,
    loaded_row_count,
    quarantined_row_count,
    is_compressed,
    extract_date,
    first_event_at,
    last_event_at,
    load_id,
    ingested_at,
    ingested_by
from file_manifest
