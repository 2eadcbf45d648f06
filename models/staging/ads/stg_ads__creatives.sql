with

creatives as (

    select * from {{ source('ads', 'creatives') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    creatives.creative_id,
    creatives.campaign_id,
    creatives.creative_name,
    creatives.campaign_name,
    creatives.advertiser_name,
    creatives.product_category,
    creatives.creative_duration_ms,
    file_manifest.extract_date,
    file_manifest.file_key,
    creatives._row_number as row_number,
    file_manifest.load_id
from creatives
inner join file_manifest
    on creatives._file_key = file_manifest.generation_key
