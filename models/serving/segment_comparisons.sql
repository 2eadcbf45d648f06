-- How the segments of tastes and those of rules cross: who likes the same things watches more or less of them.

with

segments as (

    select * from {{ ref('customer_segments') }}

),

counted as (

    select
        segment_label,
        rule_segment,
        segment_id,
        count(*) as shared_customer_count
    from segments
    group by segment_label, rule_segment, segment_id

),

summed as (

    select
        *,
        cast(sum(shared_customer_count) over (partition by segment_label) as bigint) as segment_customer_count,
        cast(sum(shared_customer_count) over (partition by rule_segment) as bigint) as rule_customer_count
    from counted

)

select
    segment_label,
    rule_segment,
    segment_id,
    shared_customer_count,
    {{ exact_rate('shared_customer_count', 'segment_customer_count', 8) }} as share_of_segment_rate,
    {{ exact_rate('shared_customer_count', 'rule_customer_count', 8) }} as share_of_rule_segment_rate
from summed
