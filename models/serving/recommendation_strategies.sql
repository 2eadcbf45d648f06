-- Each rung has a row, also one that nobody needed.

{% set strategies = ['personal', 'segment', 'territory', 'popular', 'new'] %}

with

recommendations as (

    select * from {{ ref('score_recommendations') }}

),

newness as (

    select * from {{ ref('feat_title_newness') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

snapshot as (

    select as_of_date
    from snapshot_dates
    where is_latest

),

strategies as (

    {% for strategy in strategies -%}
        select '{{ strategy }}' as strategy
        union all
    {% endfor -%}
    select 'all' as strategy

),

places as (

    select
        strategies.strategy,
        recommendations.customer_id,
        recommendations.title_id,
        case when newness.is_new then 1 else 0 end as new_title_count
    from recommendations
    inner join strategies
        on recommendations.strategy = strategies.strategy or strategies.strategy = 'all'
    left join newness
        on recommendations.title_id = newness.title_id

),

totals as (

    select
        count(*) as place_count,
        count(distinct customer_id) as list_count
    from recommendations

),

counted as (

    select
        strategies.strategy,
        count(distinct places.customer_id) as list_count,
        count(places.title_id) as place_count,
        count(distinct places.title_id) as recommended_title_count,
        cast(coalesce(sum(places.new_title_count), 0) as bigint) as new_title_place_count
    from strategies
    left join places
        on strategies.strategy = places.strategy
    group by strategies.strategy

)

select
    counted.strategy,
    counted.list_count,
    counted.place_count,
    counted.recommended_title_count,
    counted.new_title_place_count,
    {{ exact_rate('counted.list_count', 'totals.list_count', 6) }} as list_rate,
    {{ exact_rate('counted.place_count', 'totals.place_count', 6) }} as place_rate,
    {{ exact_rate('counted.new_title_place_count', 'counted.place_count', 6) }} as new_title_place_rate,
    snapshot.as_of_date
from counted
cross join totals
cross join snapshot
