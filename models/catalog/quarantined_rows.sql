with

quarantined_rows as (

    select * from {{ source('marquee', 'quarantined_rows') }}

),

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

)

select
    quarantined_rows.file_key,
    quarantined_rows.row_number,
    quarantined_rows.source_name,
    quarantined_rows.table_name,
    quarantined_rows.file_name,
    quarantined_rows.reason,
    quarantined_rows.line_number,
    quarantined_rows.load_id
from quarantined_rows
inner join file_manifest
    on quarantined_rows.file_key = file_manifest.file_key
