-- The states of extracts before the oldest new one stay as they are.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_extracts',
    unique_key=['title_id', 'extract_date'],
    on_schema_change='fail',
    meta={'extracts': 'dam.titles'}
) }}

{% set from_date = fresh_extract_date('dam.titles') %}

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
{% if is_incremental() %}
    where {% if from_date %}listed_date >= date '{{ from_date }}'{% else %}1 = 0{% endif %}
{% endif %}
