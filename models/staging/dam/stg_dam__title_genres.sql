with

title_genres as (

    select * from {{ source('dam', 'title_genres') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    title_genres.title_id,
    title_genres.genre_position,
    title_genres.genre_name,
    file_manifest.extract_date,
    file_manifest.file_key,
    title_genres._row_number as row_number,
    file_manifest.load_id
from title_genres
inner join file_manifest
    on title_genres._file_key = file_manifest.generation_key
