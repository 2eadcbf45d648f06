-- A day may bring several files; the file of a day that came last corrects the others.

with

titles as (

    select * from {{ ref('stg_dam__titles') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by title_id, extract_date
            order by load_id desc, row_number desc
        ) as correction_rank
    from titles

)

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
    extract_date,
    file_key,
    row_number
from ranked
where correction_rank = 1
