select
    title_id,
    eidr_id,
    series_id,
    brand_id,
    property_id,
    title_name,
    title_type,
    brand_name,
    property_name,
    description_text,
    original_language_code,
    release_year,
    runtime_ms,
    season_number,
    episode_number,
    minimum_age,
    listed_date as extract_date,
    file_key,
    row_number
from
    {{ states_of_extracts(
        ref('stg_dam__titles'),
        keys=['title_id'],
        table='dam.titles',
        days=ref('int_extract_days')
    ) }} as states
