with

quarantined_rows as (

    select * from {{ source('marquee', 'quarantined_rows') }}

),

replayed_rows as (

    select * from {{ source('marquee', 'replayed_rows') }}

),

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

),

-- A killed run may have left records of a file that is not in the lake.
committed_replays as (

    select replayed_rows.*
    from replayed_rows
    inner join file_manifest
        on replayed_rows.file_key = file_manifest.file_key

),

-- One record at most stands for a row: all later ones are refused.
takers as (

    select
        origin_file_key,
        origin_row_number,
        file_key
    from committed_replays
    where replay_outcome <> 'refused'

)

select
    quarantined_rows.file_key,
    quarantined_rows.row_number,
    own_replays.origin_file_key,
    own_replays.origin_row_number,
    takers.file_key as replayed_by_file_key,
    quarantined_rows.source_name,
    quarantined_rows.table_name,
    quarantined_rows.file_name,
    quarantined_rows.reason,
    own_replays.replay_outcome,
    quarantined_rows.line_number,
    takers.file_key is null
    and coalesce(own_replays.replay_outcome, 'quarantined') = 'quarantined' as is_open,
    quarantined_rows.load_id
from quarantined_rows
inner join file_manifest
    on quarantined_rows.file_key = file_manifest.file_key
left join committed_replays as own_replays
    on
        quarantined_rows.file_key = own_replays.file_key
        and quarantined_rows.row_number = own_replays.row_number
left join takers
    on
        quarantined_rows.file_key = takers.origin_file_key
        and quarantined_rows.row_number = takers.origin_row_number
