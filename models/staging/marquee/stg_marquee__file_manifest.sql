-- The manifest as it is when a build begins, in one table: so all models of the build see one and the
-- same lake, also while files are ingested, and nobody reads a small file for each landed one again.

{{ config(materialized='table') }}

with

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

)

select
    file_key,
    source_name,
    table_name,
    byte_count,
    loaded_row_count,
    quarantined_row_count,
    -- Files of before there were repairs have none.
    coalesce(settled_row_count, 0) as settled_row_count,
    extract_date,
    ingested_at,
    load_id
from file_manifest
