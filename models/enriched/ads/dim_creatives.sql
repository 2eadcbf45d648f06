-- Creatives that only impressions know become inferred members. A creative missing from the newest
-- extract keeps its last known state.

with

creatives as (

    select *
    from
        {{ states_of_extracts(
            ref('stg_ads__creatives'),
            keys=['creative_id'],
            table='ads.creatives',
            days=ref('int_extract_days')
        ) }} as states

),

ad_impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

newest_extract as (

    select max(listed_date) as listed_date
    from creatives

),

ranked as (

    select
        *,
        row_number() over (
            partition by creative_id
            order by listed_date desc
        ) as state_rank
    from creatives

),

mentioned as (

    select creative_id from creatives
    union distinct
    select creative_id from ad_impressions

)

select
    mentioned.creative_id,
    ranked.campaign_id,
    ranked.creative_name,
    ranked.campaign_name,
    ranked.advertiser_name,
    ranked.product_category,
    ranked.creative_duration_ms,
    coalesce(ranked.listed_date = newest_extract.listed_date, false) as is_listed,
    ranked.creative_id is null as is_inferred,
    ranked.listed_date as extract_date
from mentioned
cross join newest_extract
left join ranked
    on
        mentioned.creative_id = ranked.creative_id
        and ranked.state_rank = 1
