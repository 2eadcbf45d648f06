-- Every text that had been received before the newest snapshot day, with what it is about. A name or hashtag counts
-- if the catalogue listed what it names before that day; what the network says counts as it is. A view: texts stand
-- in the warehouse once.

{{ config(materialized='view') }}

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}
    where is_latest

),

posts as (

    select * from {{ ref('fct_posts') }}

),

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

talents as (

    select * from {{ ref('int_title_talents') }}

),

listed as (

    {% for entity_type in ['title', 'brand', 'property'] %}
        select
            '{{ entity_type }}' as entity_type,
            {{ entity_type }}_id as entity_id,
            extract_date
        from extracts
        union all
    {% endfor %}
    select
        'talent' as entity_type,
        talent_id as entity_id,
        extract_date
    from talents

),

entities as (

    select
        entity_type,
        entity_id,
        min(extract_date) as listed_date
    from listed
    group by entity_type, entity_id

),

known as (

    select
        posts.*,
        windows.as_of_date,
        posts.match_rule = 'explicit' or coalesce(entities.listed_date < windows.as_of_date, false) as is_known
    from posts
    inner join windows
        on posts.received_at < cast(windows.as_of_date as timestamp(6))
    left join entities
        on
            posts.entity_type = entities.entity_type
            and posts.entity_id = entities.entity_id
    where posts.post_text is not null

)

select
    network_name,
    post_id,
    customer_id,
    case when is_known then entity_type end as entity_type,
    case when is_known then entity_id end as entity_id,
    case when is_known then match_rule else 'none' end as match_rule,
    post_type,
    post_text,
    is_known and is_ambiguous as is_ambiguous,
    as_of_date,
    posted_at,
    received_at
from known
