-- Titles that only ratings, tags or events know become inferred members. A title missing from the
-- newest extract keeps its last known state: people have watched it, and still ask for it.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

tags as (

    select * from {{ ref('fct_tags') }}

),

events as (

    select * from {{ ref('fct_events') }}

),

newest_extract as (

    select max(extract_date) as extract_date
    from extracts

),

states as (

    select
        *,
        row_number() over (
            partition by title_id
            order by extract_date desc
        ) as state_rank
    from extracts

),

mentioned as (

    select title_id from ratings
    union distinct
    select title_id from tags
    union distinct
    select title_id from events

),

listed as (

    select
        states.title_id,
        states.title_name,
        states.title_type,
        states.release_year,
        states.runtime_ms,
        states.extract_date = newest_extract.extract_date as is_listed,
        false as is_inferred,
        states.extract_date
    from states
    cross join newest_extract
    where states.state_rank = 1

),

inferred as (

    select
        mentioned.title_id,
        cast(null as varchar) as title_name,
        cast(null as varchar) as title_type,
        cast(null as integer) as release_year,
        cast(null as bigint) as runtime_ms,
        false as is_listed,
        true as is_inferred,
        cast(null as date) as extract_date
    from mentioned
    left join listed
        on mentioned.title_id = listed.title_id
    where listed.title_id is null

)

select
    title_id,
    title_name,
    title_type,
    release_year,
    runtime_ms,
    is_listed,
    is_inferred,
    extract_date
from listed
union all
select
    title_id,
    title_name,
    title_type,
    release_year,
    runtime_ms,
    is_listed,
    is_inferred,
    extract_date
from inferred
