-- Each change once, however often it was delivered. The state of a case that was known before a day is
-- its newest change received before it.
--
-- Which delivery wins does not depend on the others that lost, so new ones are only held against the
-- winners so far.

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['case_id', 'updated_at'],
    on_schema_change='fail'
) }}

{% set payload = [
    'customer_id', 'case_status', 'opened_at', 'closed_at', 'contact_channel', 'case_topic', 'satisfaction_score'
] %}
{% set columns = ['case_id', 'updated_at', 'received_at', 'load_id'] + payload %}

with

service_cases as (

    select * from {{ ref('stg_contacts__service_cases') }}
    {% if is_incremental() %}
        where load_id > {{ processed_load_id() }}
    {% endif %}

),

fresh as (

    select
        case_id,
        customer_id,
        contact_channel,
        case_topic,
        case_status,
        satisfaction_score,
        opened_at,
        -- A closing without its own time happened with the change that told of it.
        case when case_status = 'closed' then coalesce(closed_at, updated_at) end as closed_at,
        updated_at,
        received_at,
        load_id,
        row_number
    from service_cases

),

{% if is_incremental() %}
    named as (

        select distinct
            case_id,
            updated_at
        from fresh

    ),

{% endif %}
deliveries as (

    select
        {{ columns | join(',\n        ') }},
        row_number
    from fresh
    {% if is_incremental() %}
        union all
        select
            standing.{{ columns | join(',\n            standing.') }},
            0 as row_number
        from {{ this }} as standing
        inner join named
            on
                standing.case_id = named.case_id
                and standing.updated_at = named.updated_at
    {% endif %}

)

select
    case_id,
    customer_id,
    contact_channel,
    case_topic,
    case_status,
    satisfaction_score,
    opened_at,
    closed_at,
    updated_at,
    received_at,
    load_id
from {{ earliest_deliveries('deliveries', keys=['case_id', 'updated_at'], payload=payload) }} as changes
