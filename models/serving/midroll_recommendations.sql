-- Ranked by the champion of the completion model: the decision takes the rates of creative and break, the rates by
-- segment, a linear model or trees, whichever orders held-back impressions best. What counts as enough is how often
-- the segment was served the creative, in all genres: a prediction for a genre of few slots rests on the other genres,
-- and slot_count says how few they are.

with

predictions as (

    select * from {{ ref('score_midrolls') }}

),

responses as (

    select * from {{ ref('ad_break_responses') }}

),

predicted as (

    select
        *,
        try_cast(taste_segment as bigint) as segment_id,
        cast(round(predicted_completion_rate, 6) as decimal(18, 6)) as rounded_rate
    from predictions

),

served as (

    select *
    from responses
    where break_type = 'mid_roll' and served_count >= {{ var('ad_minimum_impressions') | int }}

),

ranked as (

    select
        predicted.*,
        served.segment_label,
        served.creative_name,
        served.advertiser_name,
        served.product_category,
        served.served_count,
        row_number() over (
            partition by predicted.taste_segment, predicted.main_genre_name
            order by predicted.predicted_completion_rate desc, predicted.creative_id asc
        ) as placement_rank
    from predicted
    inner join served
        on
            predicted.creative_id = served.creative_id
            and coalesce(predicted.segment_id, 0) = coalesce(served.segment_id, 0)

)

select
    segment_label,
    main_genre_name,
    placement_rank,
    segment_id,
    creative_id,
    model_version,
    creative_name,
    advertiser_name,
    product_category,
    slot_count,
    served_count as segment_served_count,
    predicted_completion_rate,
    {{ wilson_bound('rounded_rate', '(served_count + ' ~ var('ad_prior_impressions') ~ ')', '-') }}
        as prediction_lower_bound,
    {{ wilson_bound('rounded_rate', '(served_count + ' ~ var('ad_prior_impressions') ~ ')', '+') }}
        as prediction_upper_bound,
    as_of_date
from ranked
where placement_rank <= {{ var('ad_list_length') | int }}
