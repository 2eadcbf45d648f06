-- The nearest centroid of everybody who has played enough, also of those who came after the training; equal to
-- the digit to what Python computes, because all numbers are whole.

with

tastes as (

    select * from {{ ref('feat_customer_tastes') }}

),

centroids as (

    select * from {{ ref('train_segment_centroids') }}

),

champion as (

    select max(model_version) as model_version
    from centroids

),

nearest as (

    {{ nearest_centroids('tastes', 'centroids') }}

)

select
    nearest.customer_id,
    nearest.as_of_date,
    champion.model_version,
    nearest.segment_id
from nearest
cross join champion
