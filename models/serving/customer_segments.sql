-- Everybody known on the snapshot day. Consent is no feature but a permission: the newest word of the customer
-- counts, and who is in the master data no more has given none.

with

rule_segments as (

    select * from {{ ref('feat_customer_rule_segments') }}

),

scores as (

    select * from {{ ref('score_customer_segments') }}

),

labels as (

    select * from {{ ref('eval_segment_labels') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

versions as (

    select max(model_version) as model_version
    from labels

)

select
    rule_segments.customer_id,
    scores.segment_id,
    versions.model_version,
    case
        when versions.model_version is null then 'No taste segments yet'
        else coalesce(labels.segment_label, 'Too little watched yet')
    end as segment_label,
    rule_segments.rule_segment,
    coalesce(customers.has_marketing_consent and customers.is_listed, false) as has_marketing_consent,
    rule_segments.as_of_date
from rule_segments
cross join versions
left join scores
    on rule_segments.customer_id = scores.customer_id
left join labels
    on scores.segment_id = labels.segment_id
left join customers
    on rule_segments.customer_id = customers.customer_id
