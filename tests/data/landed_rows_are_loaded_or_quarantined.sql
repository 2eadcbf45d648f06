-- Nothing that landed may be lost: per file, what the manifest says was loaded stands in the lake,
-- what it says was quarantined stands in the quarantine, and both together are what landed.

with

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

),

quarantined_rows as (

    select * from {{ source('marquee', 'quarantined_rows') }}

),

staged as (

    {% for model in [
        'stg_ads__ad_events', 'stg_ads__creatives', 'stg_billing__payments', 'stg_billing__plans',
        'stg_billing__subscriptions', 'stg_contacts__retention_offers', 'stg_contacts__service_cases',
        'stg_crm__customers', 'stg_dam__titles', 'stg_events__events',
        'stg_panels__audience_panel_weeks', 'stg_social__posts', 'stg_social__ratings', 'stg_social__tags'
    ] %}
        select file_key from {{ ref(model) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

staged_files as (

    select
        file_key,
        count(*) as row_count
    from staged
    group by file_key

),

quarantined_files as (

    select
        file_key,
        count(*) as row_count
    from quarantined_rows
    group by file_key

)

select
    file_manifest.file_key,
    file_manifest.file_name,
    file_manifest.landed_row_count,
    file_manifest.loaded_row_count,
    file_manifest.quarantined_row_count,
    staged_files.row_count as staged_row_count,
    quarantined_files.row_count as found_quarantined_row_count
from file_manifest
left join staged_files
    on file_manifest.file_key = staged_files.file_key
left join quarantined_files
    on file_manifest.file_key = quarantined_files.file_key
where
    file_manifest.landed_row_count
    <> file_manifest.loaded_row_count + file_manifest.quarantined_row_count
    or file_manifest.loaded_row_count <> coalesce(staged_files.row_count, 0)
    or file_manifest.quarantined_row_count <> coalesce(quarantined_files.row_count, 0)
