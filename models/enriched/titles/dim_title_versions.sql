-- Features take the version with valid_from_date before their snapshot day. The lists of a title (genres,
-- tags, talents, licences) have no versions: they are read by extract.

select
    title_id,
    valid_from_date,
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
    valid_to_date
from
    {{ state_periods(
        ref('int_title_extracts'),
        keys=['title_id'],
        columns=[
            'eidr_id', 'series_id', 'brand_id', 'property_id', 'title_name', 'title_type', 'brand_name',
            'property_name', 'description_text', 'original_language_code', 'release_year', 'runtime_ms',
            'season_number', 'episode_number', 'minimum_age'
        ]
    ) }} as versions
