with

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

recommendations as (

    select * from {{ ref('customer_recommendations') }}

)

select
    recommendations.customer_id,
    recommendations.title_id
from recommendations
inner join interactions
    on
        recommendations.customer_id = interactions.customer_id
        and recommendations.title_id = interactions.title_id
