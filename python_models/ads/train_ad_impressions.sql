-- What the completion model learns from: the newest impressions, beside the segment of tastes of their customers on the
-- newest snapshot day, which rests on what they play and on no ad. Pairs stand as columns of their own, for a linear
-- model adds and does not multiply.

with

impressions as (

    select * from {{ ref('feat_ad_impressions') }}

),

labels as (

    select * from {{ ref('label_ad_completions') }}

),

segments as (

    select * from {{ ref('score_customer_segments') }}

),

ranked as (

    select
        *,
        row_number() over (order by served_at desc, impression_id asc) as recency_rank
    from impressions

),

joined as (

    select
        ranked.*,
        coalesce(cast(segments.segment_id as varchar), 'unknown') as taste_segment,
        labels.is_ad_completed,
        labels.outcome_known_date
    from ranked
    inner join labels
        on ranked.impression_id = labels.impression_id
    left join segments
        on ranked.customer_id = segments.customer_id
    where ranked.recency_rank <= {{ var('ad_training_impressions') | int }}

)

select
    impression_id,
    customer_id,
    creative_id,
    break_type,
    main_genre_name,
    device_class,
    daypart,
    taste_segment,
    advertiser_name,
    product_category,
    taste_segment || ' ' || product_category as segment_category,
    pod_position,
    serving_probability,
    creative_duration_ms,
    is_ad_completed,
    as_of_date,
    outcome_known_date,
    broadcast_date
from joined
