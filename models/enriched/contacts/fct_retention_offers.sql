-- Of several deliveries of one offer the earliest received wins, then the smallest payload.

with

offers as (

    select * from {{ ref('stg_contacts__retention_offers') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by offer_id
            order by
                received_at asc,
                offered_at asc,
                customer_id asc,
                campaign_id asc,
                treatment_group asc,
                treatment_probability asc,
                offer_name asc nulls first,
                load_id asc,
                row_number asc
        ) as delivery_rank
    from offers

)

select
    offer_id,
    customer_id,
    campaign_id,
    offer_name,
    treatment_group,
    treatment_probability,
    treatment_group = 'treated' as is_treated,
    offered_at,
    received_at,
    load_id
from ranked
where delivery_rank = 1
