-- How do I segment my customers for an e-mail campaign?
-- Everybody who has agreed to be written to, with the segment of tastes that says what to write about, and the
-- rule segment that says how. Addresses stand in the vault only: schema restricted joins them by customer.

with

segments as (

    select * from {{ ref('customer_segments') }}

)

select
    customer_id,
    segment_id,
    segment_label,
    rule_segment,
    as_of_date,
    model_version
from segments
where has_marketing_consent
order by segment_id asc nulls last, rule_segment asc, customer_id asc
