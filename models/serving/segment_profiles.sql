-- One row a measure, not one column: services have other genres, and a chart of segments by measures needs no
-- pivoting. Means are over the customers who have the measure at all; of genres over all, who watch none of
-- most.

with

measures as (

    select * from {{ ref('eval_segment_measures') }}

),

scores as (

    select * from {{ ref('score_customer_segments') }}

),

labels as (

    select * from {{ ref('eval_segment_labels') }}

),

sizes as (

    select
        segment_id,
        count(*) as customer_count
    from scores
    group by segment_id

),

totals as (

    select
        labels.segment_id,
        labels.model_version,
        labels.segment_label,
        coalesce(sizes.customer_count, 0) as customer_count,
        cast(sum(coalesce(sizes.customer_count, 0)) over () as bigint) as all_customer_count
    from labels
    left join sizes
        on labels.segment_id = sizes.segment_id

),

summed as (

    select
        totals.segment_id,
        totals.model_version,
        totals.segment_label,
        measures.measure_group,
        measures.measure_name,
        totals.customer_count,
        measures.measure_units,
        measures.units_per_one,
        case
            when measures.measure_group = 'genre' then totals.customer_count
            else measures.measured_customer_count
        end as divisor,
        totals.all_customer_count,
        cast(sum(measures.measure_units) over (
            partition by measures.measure_group, measures.measure_name
        ) as bigint) as all_measure_units,
        cast(sum(measures.measured_customer_count) over (
            partition by measures.measure_group, measures.measure_name
        ) as bigint) as all_measured_customer_count
    from totals
    inner join measures
        on totals.segment_id = measures.segment_id

),

compared as (

    select
        segment_id,
        model_version,
        segment_label,
        measure_group,
        measure_name,
        customer_count,
        {{ exact_rate('measure_units', 'units_per_one * divisor', 6) }} as segment_value,
        {{ exact_rate(
            'all_measure_units',
            "units_per_one * case measure_group when 'genre' then all_customer_count"
            ~ " else all_measured_customer_count end", 6
        ) }} as overall_value
    from summed
    union all
    select
        segment_id,
        model_version,
        segment_label,
        'size' as measure_group,
        'share of the customers with a segment' as measure_name,
        customer_count,
        {{ exact_rate('customer_count', 'all_customer_count', 6) }} as segment_value,
        cast(1 as decimal(18, 6)) as overall_value
    from totals

)

select
    segment_id,
    measure_group,
    measure_name,
    model_version,
    segment_label,
    customer_count as segment_customer_count,
    segment_value,
    overall_value,
    {{ exact_rate(
        'cast(segment_value * 1000000 as bigint)', 'cast(overall_value * 1000000 as bigint)', 4
    ) }} as ratio_to_overall
from compared
