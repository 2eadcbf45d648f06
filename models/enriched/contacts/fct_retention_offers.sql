-- Each offer once, however often it was delivered.

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
from
    {{ earliest_deliveries(
        ref('stg_contacts__retention_offers'),
        keys=['offer_id'],
        payload=[
            'offered_at', 'customer_id', 'campaign_id', 'treatment_group', 'treatment_probability', 'offer_name'
        ]
    ) }} as offers
