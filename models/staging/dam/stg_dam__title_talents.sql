with

title_talents as (

    select * from {{ source('dam', 'title_talents') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    title_talents.title_id,
    title_talents.talent_position,
    title_talents.talent_id,
    title_talents.talent_name,
    title_talents.talent_role,
    file_manifest.extract_date,
    file_manifest.file_key,
    title_talents._row_number as row_number,
    file_manifest.load_id
from title_talents
inner join file_manifest
    on title_talents._file_key = file_manifest.generation_key
