-- A title of several genres counts for each of them in full, and shares are of the sum over genres, so that
-- they add up to 1. Genres are those of the newest extract before the snapshot day that listed the title.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

title_plays as (

    select * from {{ ref('feat_customer_title_plays') }}

),

title_genres as (

    select * from {{ ref('int_title_genres') }}

),

title_extracts as (

    select
        windows.as_of_date,
        title_genres.title_id,
        max(title_genres.extract_date) as extract_date
    from title_genres
    inner join windows
        on title_genres.extract_date < windows.as_of_date
    group by windows.as_of_date, title_genres.title_id

),

known_genres as (

    select
        title_extracts.as_of_date,
        title_extracts.title_id,
        title_genres.genre_name
    from title_extracts
    inner join title_genres
        on
            title_extracts.title_id = title_genres.title_id
            and title_extracts.extract_date = title_genres.extract_date

),

watched as (

    select
        title_plays.customer_id,
        known_genres.genre_name,
        title_plays.as_of_date,
        cast(sum(title_plays.watched_ms_90d) as bigint) as watched_ms_90d
    from title_plays
    inner join known_genres
        on
            title_plays.as_of_date = known_genres.as_of_date
            and title_plays.title_id = known_genres.title_id
    where title_plays.watched_ms_90d > 0
    group by title_plays.customer_id, known_genres.genre_name, title_plays.as_of_date

),

totals as (

    select
        *,
        cast(sum(watched_ms_90d) over (partition by customer_id, as_of_date) as bigint) as total_ms
    from watched

)

select
    customer_id,
    genre_name,
    as_of_date,
    {{ exact_rate('watched_ms_90d', '1000', 3) }} as watched_seconds_90d,
    {{ exact_rate('watched_ms_90d', 'total_ms', 8) }} as genre_share_rate
from totals
