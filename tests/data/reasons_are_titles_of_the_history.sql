-- A personal recommendation names a title that the customer has turned to; no other names one.

with

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

recommendations as (

    select * from {{ ref('customer_recommendations') }}

)

select
    recommendations.customer_id,
    recommendations.recommendation_rank,
    recommendations.strategy,
    recommendations.because_title_id
from recommendations
left join interactions
    on
        recommendations.customer_id = interactions.customer_id
        and recommendations.because_title_id = interactions.title_id
where
    (recommendations.strategy = 'personal' and interactions.title_id is null)
    or (recommendations.strategy <> 'personal' and recommendations.because_title_id is not null)
