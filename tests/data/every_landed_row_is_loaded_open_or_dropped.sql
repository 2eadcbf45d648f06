-- What sources have sent is, table by table, in the lake once, open in quarantine, or dropped by hand:
-- a repair moves a row from one to another and never makes one, or a second one.

with

file_manifest as (

    select * from {{ ref('file_manifest') }}

),

quarantined_rows as (

    select * from {{ ref('quarantined_rows') }}

),

files as (

    select
        source_name,
        table_name,
        cast(
            sum(case when substr(file_name, 1, 10) <> '_repaired/' then landed_row_count else 0 end)
            as bigint
        ) as landed_row_count,
        cast(sum(loaded_row_count) as bigint) as loaded_row_count,
        cast(sum(quarantined_row_count - settled_row_count) as bigint) as unsettled_row_count
    from file_manifest
    group by source_name, table_name

),

quarantine as (

    select
        source_name,
        table_name,
        count(case when is_open then 1 end) as open_row_count,
        count(case when replay_outcome = 'dropped' then 1 end) as dropped_row_count
    from quarantined_rows
    group by source_name, table_name

)

select
    files.source_name,
    files.table_name,
    files.landed_row_count,
    files.loaded_row_count,
    files.unsettled_row_count,
    quarantine.open_row_count,
    quarantine.dropped_row_count
from files
left join quarantine
    on
        files.source_name = quarantine.source_name
        and files.table_name = quarantine.table_name
where
    files.landed_row_count
    <> files.loaded_row_count
    + coalesce(quarantine.open_row_count, 0)
    + coalesce(quarantine.dropped_row_count, 0)
    or files.unsettled_row_count <> coalesce(quarantine.open_row_count, 0)
