with

licence_windows as (

    select * from {{ source('dam', 'licence_windows') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    licence_windows.title_id,
    licence_windows.window_position,
    licence_windows.territory_code,
    licence_windows.licensed_from_date,
    licence_windows.licensed_to_date,
    file_manifest.extract_date,
    file_manifest.file_key,
    licence_windows._row_number as row_number,
    file_manifest.load_id
from licence_windows
inner join file_manifest
    on licence_windows._file_key = file_manifest.generation_key
