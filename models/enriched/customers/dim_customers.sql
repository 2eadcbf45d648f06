-- A customer that the master data does not know becomes an inferred member, so that no fact loses
-- its row to a join. A customer missing from the newest extract keeps the last known state.

{% set mentioning = [
    'fct_ratings', 'fct_tags', 'fct_posts', 'fct_events', 'fct_subscription_periods',
    'fct_payments', 'fct_service_cases', 'fct_retention_offers', 'fct_ad_impressions'
] %}

with

versions as (

    select * from {{ ref('dim_customer_versions') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by valid_from_date desc
        ) as version_rank
    from versions

),

mentioned as (

    {% for fact in mentioning -%}
        select distinct customer_id from {{ ref(fact) }}
        {% if not loop.last -%}
            union distinct
        {% endif -%}
    {%- endfor %}

),

listed as (

    select
        customer_id,
        country_code,
        language_code,
        gender,
        age_band,
        email_hash,
        has_marketing_consent,
        valid_to_date is null as is_listed,
        false as is_inferred,
        registered_at
    from ranked
    where version_rank = 1

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
    where
        mentioned.customer_id is not null
        and listed.customer_id is null

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
