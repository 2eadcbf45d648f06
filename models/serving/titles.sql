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

title_talents as (

    select * from {{ ref('int_title_talents') }}

),

genre_lists as (

    select
        titles.title_id,
        {{ dbt.listagg(
            'title_genres.genre_name', "', '",
            'order by title_genres.genre_position, title_genres.genre_name'
        ) }} as genres
    from titles
    inner join title_genres
        on
            titles.title_id = title_genres.title_id
            and titles.extract_date = title_genres.extract_date
    group by titles.title_id

),

tag_lists as (

    select
        titles.title_id,
        {{ dbt.listagg(
            'title_tags.tag_name', "', '",
            'order by title_tags.tag_position, title_tags.tag_name'
        ) }} as tags
    from titles
    inner join title_tags
        on
            titles.title_id = title_tags.title_id
            and titles.extract_date = title_tags.extract_date
    group by titles.title_id

),

credited as (

    select
        titles.title_id,
        title_talents.talent_name,
        min(title_talents.talent_position) as talent_position
    from titles
    inner join title_talents
        on
            titles.title_id = title_talents.title_id
            and titles.extract_date = title_talents.extract_date
    where title_talents.talent_name is not null
    group by titles.title_id, title_talents.talent_name

),

talent_lists as (

    select
        title_id,
        {{ dbt.listagg('talent_name', "', '", 'order by talent_position, talent_name') }} as talents
    from credited
    group by title_id

)

select
    titles.title_id,
    titles.series_id,
    titles.title_name,
    titles.title_type,
    titles.brand_name,
    titles.property_name,
    titles.description_text,
    genre_lists.genres,
    tag_lists.tags,
    talent_lists.talents,
    titles.release_year,
    titles.runtime_ms,
    titles.minimum_age,
    titles.is_playable,
    titles.is_listed,
    titles.is_inferred
from titles
left join genre_lists
    on titles.title_id = genre_lists.title_id
left join tag_lists
    on titles.title_id = tag_lists.title_id
left join talent_lists
    on titles.title_id = talent_lists.title_id
