-- Only the list that came with the state that counts on its day; a title without rows here may be
-- shown everywhere.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

licence_windows as (

    select * from {{ ref('stg_dam__licence_windows') }}

)

select
    extracts.title_id,
    extracts.extract_date,
    licence_windows.window_position,
    licence_windows.territory_code,
    licence_windows.licensed_from_date,
    licence_windows.licensed_to_date
from extracts
inner join licence_windows
    on
        extracts.file_key = licence_windows.file_key
        and extracts.row_number = licence_windows.row_number
