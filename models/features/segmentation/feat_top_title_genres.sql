-- The genres of a title and of its episodes, in the newest extract before the snapshot day that listed each.

with

top_titles as (

    select * from {{ ref('feat_top_titles') }}

),

title_genres as (

    select * from {{ ref('int_title_genres') }}

),

extracts as (

    select
        top_titles.title_id,
        max(title_genres.extract_date) as extract_date
    from top_titles
    inner join title_genres
        on
            top_titles.title_id = title_genres.title_id
            and top_titles.as_of_date > title_genres.extract_date
    group by top_titles.title_id

),

known as (

    select
        top_titles.top_title_id,
        title_genres.genre_name,
        top_titles.as_of_date
    from top_titles
    inner join extracts
        on top_titles.title_id = extracts.title_id
    inner join title_genres
        on
            extracts.title_id = title_genres.title_id
            and extracts.extract_date = title_genres.extract_date
    group by top_titles.top_title_id, title_genres.genre_name, top_titles.as_of_date

),

counted as (

    select
        *,
        count(*) over (partition by top_title_id) as genre_count
    from known

)

select
    top_title_id,
    genre_name,
    as_of_date,
    {{ exact_rate('1', 'genre_count', 6) }} as own_share_rate
from counted
