with

titles as (

    select * from {{ ref('dim_titles') }}

),

title_genres as (

    select * from {{ ref('int_title_genres') }}

),

title_tags as (

    select * from {{ ref('int_title_tags') }}

),

genre_lists as (

    select
        title_id,
        extract_date,
        {{ dbt.listagg('genre_name', "', '", 'order by genre_position, genre_name') }} as genres
    from title_genres
    group by title_id, extract_date

),

tag_lists as (

    select
        title_id,
        extract_date,
        {{ dbt.listagg('tag_name', "', '", 'order by tag_position, tag_name') }} as tags
    from title_tags
    group by title_id, extract_date

)

select
    titles.title_id,
    titles.title_name,
    titles.title_type,
    genre_lists.genres,
    tag_lists.tags,
    titles.release_year,
    titles.runtime_ms,
    titles.is_listed,
    titles.is_inferred
from titles
left join genre_lists
    on
        titles.title_id = genre_lists.title_id
        and titles.extract_date = genre_lists.extract_date
left join tag_lists
    on
        titles.title_id = tag_lists.title_id
        and titles.extract_date = tag_lists.extract_date
