-- Which ads should run mid-roll to keep the audience engaged?
-- The first three creatives of each segment and genre, beside how mid-rolls of them were answered by the segment: how
-- many were watched to their end, and after how many the play was abandoned, with intervals.

with

recommendations as (

    select * from {{ ref('midroll_recommendations') }}

),

responses as (

    select * from {{ ref('ad_break_responses') }}
    where break_type = 'mid_roll'

)

select
    recommendations.segment_label,
    recommendations.main_genre_name,
    recommendations.placement_rank,
    recommendations.creative_id,
    recommendations.creative_name,
    recommendations.predicted_completion_rate,
    recommendations.prediction_lower_bound,
    recommendations.prediction_upper_bound,
    responses.served_count,
    responses.expected_completion_rate,
    responses.completion_lower_bound,
    responses.completion_upper_bound,
    responses.expected_abandonment_rate,
    responses.abandonment_lower_bound,
    responses.abandonment_upper_bound
from recommendations
inner join responses
    on
        recommendations.creative_id = responses.creative_id
        and recommendations.segment_label = responses.segment_label
where recommendations.placement_rank <= 3
order by
    recommendations.segment_label asc,
    recommendations.main_genre_name asc,
    recommendations.placement_rank asc
