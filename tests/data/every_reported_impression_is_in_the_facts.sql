-- However often and however late reports come, each impression stands once, and it is complete if
-- and only if the last quartile was reported.

with

ad_events as (

    select * from {{ ref('stg_ads__ad_events') }}

),

ad_impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

reported as (

    select
        impression_id,
        max(case when ad_event_type = 'complete' then 1 else 0 end) = 1 as is_completed
    from ad_events
    group by impression_id

)

select
    reported.impression_id,
    reported.is_completed,
    ad_impressions.percent_complete
from reported
full outer join ad_impressions
    on reported.impression_id = ad_impressions.impression_id
where
    reported.impression_id is null
    or ad_impressions.impression_id is null
    or ad_impressions.is_completed <> reported.is_completed
    or ad_impressions.is_completed <> (ad_impressions.percent_complete = 100)
