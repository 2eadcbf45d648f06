-- What a customer has seen of a title over all plays: each moment of the title counts once. A view,
-- because it is asked for few customers or titles at a time and would change with every event.

{{ config(materialized='view') }}

with

segments as (

    select * from {{ ref('int_play_segments') }}

),

titles as (

    select * from {{ ref('dim_titles') }}

),

current_segments as (

    select
        *,
        max(to_position_ms) over (
            partition by customer_id, title_id
            order by
                from_position_ms, to_position_ms, device_id, broadcast_date, play_number, play_part, segment_number
            rows between unbounded preceding and 1 preceding
        ) as covered_to_position_ms
    from segments
    where known_to_date is null and customer_id is not null

),

covered as (

    select
        customer_id,
        title_id,
        cast(sum(added_ms) as bigint) as watched_ms,
        cast(coalesce(sum(greatest(
            to_position_ms - greatest(from_position_ms, coalesce(covered_to_position_ms, from_position_ms)), 0
        )), 0) as bigint) as covered_ms,
        min(started_at) as first_played_at,
        max(ended_at) as last_played_at
    from current_segments
    group by customer_id, title_id

)

select
    covered.customer_id,
    covered.title_id,
    titles.runtime_ms,
    covered.watched_ms,
    covered.covered_ms,
    case
        when covered.covered_ms > titles.runtime_ms then cast(1 as decimal(18, 4))
        else {{ exact_rate('covered.covered_ms', 'titles.runtime_ms') }}
    end as completion_rate,
    covered.first_played_at,
    covered.last_played_at
from covered
left join titles
    on covered.title_id = titles.title_id
