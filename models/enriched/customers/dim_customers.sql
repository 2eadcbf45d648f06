-- A customer that only ratings, tags or events know becomes an inferred member, so that no fact
-- loses its row to a join. A customer missing from the newest extract keeps the last known state.

with

extracts as (

    select * from {{ ref('int_customer_extracts') }}

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
            partition by customer_id
            order by extract_date desc
        ) as state_rank
    from extracts

),

mentioned as (

    select customer_id from ratings
    union distinct
    select customer_id from tags
    union distinct
    select customer_id from events

),

listed as (

    select
        states.customer_id,
        states.country_code,
        states.language_code,
        states.gender,
        states.age_band,
        states.email_hash,
        states.has_marketing_consent,
        states.extract_date = newest_extract.extract_date as is_listed,
        false as is_inferred,
        states.registered_at
    from states
    cross join newest_extract
    where states.state_rank = 1

),

inferred as (

    select
        mentioned.customer_id,
        cast(null as varchar) as country_code,
        cast(null as varchar) as language_code,
        cast(null as varchar) as gender,
        cast(null as varchar) as age_band,
        cast(null as varchar) as email_hash,
        cast(null as boolean) as has_marketing_consent,
        false as is_listed,
        true as is_inferred,
        cast(null as timestamp(6)) as registered_at
    from mentioned
    left join listed
        on mentioned.customer_id = listed.customer_id
    where listed.customer_id is null

)

select
    customer_id,
    country_code,
    language_code,
    gender,
    age_band,
    email_hash,
    has_marketing_consent,
    is_listed,
    is_inferred,
    registered_at
from listed
union all
select
    customer_id,
    country_code,
    language_code,
    gender,
    age_band,
    email_hash,
    has_marketing_consent,
    is_listed,
    is_inferred,
    registered_at
from inferred
