-- What the catalogue says of a title, for likeness of contents: only of the extract that counts, so that
-- a title nobody has watched yet is described like any other. Numbers go in classes, because
-- neighbouring years are alike and exact ones hardly ever equal.

{% set texts = {
    'name': 'title_name',
    'description': 'description_text',
    'type': 'title_type',
    'series': "coalesce(series_id, case when title_type = 'series' then title_id end)",
    'brand': 'coalesce(brand_id, brand_name)',
    'property': 'coalesce(property_id, property_name)',
    'language': 'original_language_code',
    'minimum_age': 'cast(minimum_age as varchar)',
    'decade': "cast(release_year - mod(release_year, 10) as varchar)",
} %}

with

titles as (

    select * from {{ ref('feat_titles') }}

),

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

title_genres as (

    select * from {{ ref('feat_title_genres') }}

),

title_tags as (

    select * from {{ ref('int_title_tags') }}

),

title_talents as (

    select * from {{ ref('int_title_talents') }}

),

described as (

    select
        extracts.*,
        titles.as_of_date
    from titles
    inner join extracts
        on
            titles.title_id = extracts.title_id
            and titles.extract_date = extracts.extract_date

),

attributes as (

    {% for kind, value in texts.items() -%}
        select
            title_id,
            '{{ kind }}' as attribute_kind,
            {{ value }} as attribute_value,
            as_of_date
        from described
        union all
    {% endfor -%}
    select
        title_id,
        'genre' as attribute_kind,
        genre_name as attribute_value,
        as_of_date
    from title_genres
    union all
    select
        titles.title_id,
        'tag' as attribute_kind,
        title_tags.tag_name as attribute_value,
        titles.as_of_date
    from titles
    inner join title_tags
        on
            titles.title_id = title_tags.title_id
            and titles.extract_date = title_tags.extract_date
    union all
    select
        titles.title_id,
        'talent' as attribute_kind,
        title_talents.talent_id as attribute_value,
        titles.as_of_date
    from titles
    inner join title_talents
        on
            titles.title_id = title_talents.title_id
            and titles.extract_date = title_talents.extract_date

)

-- Of a talent with two roles one row.
select distinct
    title_id,
    attribute_kind,
    attribute_value,
    as_of_date
from attributes
where attribute_value is not null and attribute_value <> ''
