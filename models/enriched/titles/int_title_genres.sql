-- Only the list that came with the title's last known state counts; a list may name a genre twice.

with

titles as (

    select * from {{ ref('dim_titles') }}

),

title_genres as (

    select * from {{ ref('stg_dam__title_genres') }}

)

select
    title_genres.title_id,
    title_genres.genre_name,
    min(title_genres.genre_position) as genre_position
from title_genres
inner join titles
    on
        title_genres.file_key = titles.file_key
        and title_genres.row_number = titles.row_number
group by title_genres.title_id, title_genres.genre_name
