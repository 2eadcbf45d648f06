-- Ad servers deliver at least once. Of several deliveries of one report the earliest received wins,
-- then the smallest payload: never the order of loading. Few come twice, so only those go through
-- the window. What an impression is about stands in each of its reports, and the first kind of
-- report that tells it counts: so an impression whose report of serving was lost is kept.

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='impression_id',
    on_schema_change='fail'
) }}

{% set attributes = [
    'customer_id', 'device_id', 'title_id', 'creative_id', 'campaign_id', 'break_type', 'pod_position'
] %}
{% set report_columns = attributes + [
    'impression_id', 'ad_event_type', 'serving_probability', 'ad_event_at', 'received_at', 'load_id'
] %}

with

staged as (

    select * from {{ ref('stg_ads__ad_events') }}

),

{% if is_incremental() %}
    fresh as (

        -- Not by the CTE above: DuckDB would hold all reports in memory.
        select distinct impression_id
        from {{ ref('stg_ads__ad_events') }}
        where load_id > {{ processed_load_id() }}

    ),

{% endif %}
-- All reports of the impressions that new files tell of, however old.
ad_events as (

    select staged.*
    from staged
    {% if is_incremental() %}
        inner join fresh
            on staged.impression_id = fresh.impression_id
    {% endif %}

),

repeated as (

    select
        impression_id,
        ad_event_type
    from ad_events
    group by impression_id, ad_event_type
    having count(*) > 1

),

ranked as (

    select
        ad_events.*,
        row_number() over (
            partition by ad_events.impression_id, ad_events.ad_event_type
            order by
                ad_events.received_at asc,
                ad_events.ad_event_at asc,
                {% for column in attributes + ['serving_probability'] %}
                    ad_events.{{ column }} asc nulls first,
                {% endfor %}
                ad_events.load_id asc,
                ad_events.row_number asc
        ) as delivery_rank
    from ad_events
    inner join repeated
        on
            ad_events.impression_id = repeated.impression_id
            and ad_events.ad_event_type = repeated.ad_event_type

),

distinct_reports as (

    select ad_events.{{ report_columns | join(',\n        ad_events.') }}
    from ad_events
    left join repeated
        on
            ad_events.impression_id = repeated.impression_id
            and ad_events.ad_event_type = repeated.ad_event_type
    where repeated.impression_id is null
    union all
    select {{ report_columns | join(',\n        ') }}
    from ranked
    where delivery_rank = 1

),

reports as (

    select
        *,
        case ad_event_type
            when 'served' then 0
            when 'first_quartile' then 25
            when 'midpoint' then 50
            when 'third_quartile' then 75
            when 'complete' then 100
            when 'skip' then 101
            else 102
        end as report_order
    from distinct_reports

),

impressions as (

    select
        impression_id,
        {% for column in attributes %}
            min_by({{ column }}, report_order) filter (where {{ column }} is not null)
                as {{ column }},
        {% endfor %}
        max(case when ad_event_type = 'served' then serving_probability end) as serving_probability,
        coalesce(max(case when report_order <= 100 then report_order end), 0) as percent_complete,
        max(case when ad_event_type = 'served' then ad_event_at end) as served_at,
        max(case when ad_event_type = 'complete' then ad_event_at end) as completed_at,
        max(case when ad_event_type = 'skip' then ad_event_at end) as skipped_at,
        max(case when ad_event_type = 'click' then ad_event_at end) as clicked_at,
        max(case when ad_event_type = 'served' then received_at end) as served_received_at,
        max(case when ad_event_type = 'complete' then received_at end) as completed_received_at,
        min(ad_event_at) as first_reported_at,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        max(load_id) as load_id
    from reports
    group by impression_id

)

select
    impression_id,
    customer_id,
    device_id,
    title_id,
    creative_id,
    campaign_id,
    break_type,
    pod_position,
    serving_probability,
    percent_complete,
    served_at is not null as is_served,
    completed_at is not null as is_completed,
    skipped_at is not null as is_skipped,
    clicked_at is not null as is_clicked,
    {{ broadcast_date('coalesce(served_at, first_reported_at)') }} as broadcast_date,
    served_at,
    completed_at,
    skipped_at,
    clicked_at,
    served_received_at,
    completed_received_at,
    first_received_at,
    last_received_at,
    load_id
from impressions
