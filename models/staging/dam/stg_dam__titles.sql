with

titles as (

    select * from {{ source('dam', 'titles') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    titles.title_id,
    titles.eidr_id,
    titles.series_id,
    titles.brand_id,
    titles.property_id,
    titles.title_name,
    titles.title_type,
    titles.brand_name,
    titles.property_name,
    titles.description_text,
    titles.original_language_code,
    titles.release_year,
    titles.runtime_ms,
    titles.season_number,
    titles.episode_number,
    titles.minimum_age,
    file_manifest.extract_date,
    file_manifest.file_key,
    titles._row_number as row_number,
    file_manifest.load_id
from titles
inner join file_manifest
    on titles._file_key = file_manifest.generation_key
