with

titles as (

    select * from {{ ref('feat_titles') }}

),

title_genres as (

    select * from {{ ref('int_title_genres') }}

)

select
    titles.title_id,
    title_genres.genre_name,
    titles.as_of_date
from titles
inner join title_genres
    on
        titles.title_id = title_genres.title_id
        and titles.extract_date = title_genres.extract_date
