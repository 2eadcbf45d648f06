-- The manifest as it is when a build begins, in one table: so all models of the build see one and the
-- same lake, also while files are ingested, and nobody reads a small file for each landed one again.
-- That it is read before any row is what makes compaction safe: rows that it names by another key were in
-- place before it said so, and those of before stay until no build names them.

{{ config(materialized='table') }}

with

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

)

select
    file_key,
    -- Null as long as the rows stand as they were ingested.
    coalesce(generation_key, file_key) as generation_key,
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
