-- The taste segment of each customer on the snapshot day before an offer, by today's centroids.

with

tastes as (

    select * from {{ ref('feat_offer_tastes') }}

),

centroids as (

    select * from {{ ref('train_segment_centroids') }}

),

labels as (

    select * from {{ ref('eval_segment_labels') }}

),

nearest as (

    {{ nearest_centroids('tastes', 'centroids') }}

)

select
    nearest.customer_id,
    nearest.as_of_date,
    labels.segment_id,
    labels.segment_label
from nearest
inner join labels
    on nearest.segment_id = labels.segment_id
