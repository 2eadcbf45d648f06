-- History from the extracts alone, so that it never depends on when it was built. A state that goes
-- A, B, A makes three periods, and a title that an extract lacks has a gap: each extract is held
-- against the one before it, and only the first row of a period and the last before a gap go on.
-- Comparing rows took a third less time than groups of equal states (900,000 rows: 0.7 to 1.0 s).

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

extract_days as (

    select distinct extract_date
    from extracts

),

neighboring_days as (

    select
        extract_date,
        lag(extract_date) over (order by extract_date) as extract_date_before,
        lead(extract_date) over (order by extract_date) as extract_date_after
    from extract_days

),

states as (

    select
        *,
        row(
            eidr_id, series_id, brand_id, property_id, title_name, title_type, brand_name,
            property_name, description_text, original_language_code, release_year, runtime_ms,
            season_number, episode_number, minimum_age
        ) as title_state
    from extracts

),

neighbors as (

    select
        states.*,
        neighboring_days.extract_date_before,
        neighboring_days.extract_date_after,
        lag(states.title_state) over (
            partition by states.title_id order by states.extract_date
        ) as title_state_before,
        lag(states.extract_date) over (
            partition by states.title_id order by states.extract_date
        ) as listed_date_before,
        lead(states.extract_date) over (
            partition by states.title_id order by states.extract_date
        ) as listed_date_after
    from states
    inner join neighboring_days
        on states.extract_date = neighboring_days.extract_date

),

judged as (

    select
        *,
        not coalesce(
            listed_date_before = extract_date_before
            and title_state is not distinct from title_state_before,
            false
        ) as is_first,
        case
            when listed_date_after is null or listed_date_after <> extract_date_after
                then extract_date_after
        end as left_date
    from neighbors

),

edges as (

    select
        *,
        lead(case when is_first then extract_date else left_date end) over (
            partition by title_id
            order by extract_date
        ) as next_edge_date
    from judged
    where is_first or left_date is not null

)

select
    title_id,
    extract_date as valid_from_date,
    eidr_id,
    series_id,
    brand_id,
    property_id,
    title_name,
    title_type,
    brand_name,
    property_name,
    description_text,
    original_language_code,
    release_year,
    runtime_ms,
    season_number,
    episode_number,
    minimum_age,
    coalesce(left_date, next_edge_date) as valid_to_date
from edges
where is_first
