-- Titles that only ratings, tags, events or ad impressions know become inferred members. A title
-- missing from the newest extract keeps its last known state: people have watched it, and still ask
-- for it.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

tags as (

    select * from {{ ref('fct_tags') }}

),

events as (

    select * from {{ ref('fct_events') }}

),

ad_impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

newest_extract as (

    select max(extract_date) as extract_date
    from extracts

),

last_extracts as (

    select
        title_id,
        max(extract_date) as extract_date
    from extracts
    group by title_id

),

mentioned as (

    select title_id from last_extracts
    union distinct
    select title_id from ratings
    union distinct
    select title_id from tags
    union distinct
    select title_id from events
    where title_id is not null
    union distinct
    select title_id from ad_impressions
    where title_id is not null

)

select
    mentioned.title_id,
    extracts.eidr_id,
    extracts.series_id,
    extracts.brand_id,
    extracts.property_id,
    extracts.title_name,
    extracts.title_type,
    extracts.brand_name,
    extracts.property_name,
    extracts.description_text,
    extracts.original_language_code,
    extracts.release_year,
    extracts.runtime_ms,
    extracts.season_number,
    extracts.episode_number,
    extracts.minimum_age,
    coalesce(extracts.title_type <> 'series', true) as is_playable,
    coalesce(extracts.extract_date = newest_extract.extract_date, false) as is_listed,
    extracts.title_id is null as is_inferred,
    extracts.extract_date
from mentioned
cross join newest_extract
left join last_extracts
    on mentioned.title_id = last_extracts.title_id
left join extracts
    on
        last_extracts.title_id = extracts.title_id
        and last_extracts.extract_date = extracts.extract_date
