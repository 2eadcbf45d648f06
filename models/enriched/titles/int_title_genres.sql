-- Only the list that came with the state that counts on its day; a list may name a genre twice.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

title_genres as (

    select * from {{ ref('stg_dam__title_genres') }}

)

select
    extracts.title_id,
    extracts.extract_date,
    title_genres.genre_name,
    min(title_genres.genre_position) as genre_position
from extracts
inner join title_genres
    on
        extracts.file_key = title_genres.file_key
        and extracts.row_number = title_genres.row_number
group by extracts.title_id, extracts.extract_date, title_genres.genre_name
