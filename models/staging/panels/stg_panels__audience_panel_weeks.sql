with

audience_panel_weeks as (

    select * from {{ source('panels', 'audience_panel_weeks') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    audience_panel_weeks.title_id,
    audience_panel_weeks.market_code,
    audience_panel_weeks.provider_name,
    audience_panel_weeks.reach_count,
    audience_panel_weeks.viewed_minutes,
    audience_panel_weeks.rating_points,
    audience_panel_weeks.week_start_date,
    audience_panel_weeks.published_at,
    coalesce(audience_panel_weeks.received_at, audience_panel_weeks.published_at) as received_at,
    file_manifest.file_key,
    audience_panel_weeks._row_number as row_number,
    file_manifest.load_id
from audience_panel_weeks
inner join file_manifest
    on audience_panel_weeks._file_key = file_manifest.generation_key
