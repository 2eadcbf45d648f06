with

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

),

measured as (

    select
        *,
        {{ exact_rate('byte_count', 'landed_row_count', 1) }} as mean_record_bytes
    from file_manifest

)

select
    file_key,
    source_name,
    table_name,
    file_name,
    file_format,
    content_sha256,
    lake_path,
    generation_key,
    column_names,
    unknown_columns,
    missing_columns,
    renamed_columns,
    lost_columns,
    concat(
        case when extract_date is null then 'Records of ' else 'Full extract of ' end,
        source_name,
        '.',
        table_name,
        case
            when extract_date is not null then concat(' of ', cast(extract_date as varchar))
            when first_event_at is null then ''
            else
                concat(
                    ' from ', cast(cast(first_event_at as date) as varchar),
                    ' to ', cast(cast(last_event_at as date) as varchar)
                )
        end,
        ': ',
        cast(landed_row_count as varchar),
        ' records',
        case
            when mean_record_bytes is null then ''
            else
                concat(
                    ' of ', cast(mean_record_bytes as varchar), ' bytes',
                    case when is_compressed then ', compressed' else '' end
                )
        end,
        case
            when quarantined_row_count > 0
                then concat(', ', cast(quarantined_row_count as varchar), ' of them in quarantine')
            else ''
        end
    ) as content_description,
    byte_count,
    mean_record_bytes,
    landed_row_count,
    loaded_row_count,
    quarantined_row_count,
    coalesce(settled_row_count, 0) as settled_row_count,
    is_compressed,
    extract_date,
    first_event_at,
    last_event_at,
    load_id,
    ingested_at,
    ingested_by
from measured
