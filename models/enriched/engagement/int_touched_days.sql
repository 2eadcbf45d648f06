-- What the incremental models of this run are to compute anew, found once for all of them. In a full build
-- they ask for nothing, so that it stays empty.

{{ config(materialized='table') }}

with

events as (

    select * from {{ ref('fct_events') }}

),

resolutions as (

    select * from {{ ref('int_event_resolutions') }}

),

changes as (

    select
        visitor_id,
        broadcast_date,
        load_id
    from events
    where load_id > {{ least_processed_load_id() }}
    union all
    select
        visitor_id,
        broadcast_date,
        event_load_id as load_id
    from resolutions
    where event_load_id > {{ least_processed_load_id() }}

)

select
    visitor_id,
    broadcast_date,
    max(load_id) as load_id
from changes
group by visitor_id, broadcast_date
