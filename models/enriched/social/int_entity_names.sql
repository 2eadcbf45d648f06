-- The dictionary for posts that do not say what they are about. A name of several words is taken
-- for a mention from 4 characters on, a single word from 6: shorter ones are words of everyday
-- speech. Each name is looked up by its rarest word, because thousands of names begin with "the".

{% set dimensions = {
    'title': 'dim_titles', 'brand': 'dim_brands', 'property': 'dim_properties',
    'talent': 'dim_talents'
} %}

with

named as (

    {% for entity_type, dimension in dimensions.items() -%}
        select
            '{{ entity_type }}' as entity_type,
            {{ entity_type }}_id as entity_id,
            {{ entity_type }}_name as entity_name,
            {{ normalised_text("replace(" ~ entity_type ~ "_name, '#', ' ')") }} as padded_name
        from {{ ref(dimension) }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {%- endfor %}

),

names as (

    select
        entity_type,
        entity_id,
        entity_name,
        substr(padded_name, 2, length(padded_name) - 2) as normalised_name
    from named
    where padded_name <> ' '

),

words as (

    select
        entity_type,
        entity_id,
        word
    from {{ words_of('names', 'normalised_name', ['entity_type', 'entity_id']) }} as parts

),

word_totals as (

    select
        word,
        count(*) as name_count
    from words
    group by word

),

ranked_words as (

    select
        words.*,
        row_number() over (
            partition by words.entity_type, words.entity_id
            order by word_totals.name_count asc, length(words.word) desc, words.word asc
        ) as rarity_rank
    from words
    inner join word_totals
        on words.word = word_totals.word

)

select
    names.entity_type,
    names.entity_id,
    names.entity_name,
    names.normalised_name,
    replace(names.normalised_name, ' ', '') as hashtag,
    ranked_words.word as rarest_word,
    case
        when strpos(names.normalised_name, ' ') > 0 then length(names.normalised_name) >= 4
        else length(names.normalised_name) >= 6
    end as is_matched_by_name,
    count(*) over (
        partition by names.entity_type, replace(names.normalised_name, ' ', '')
    ) > 1 as is_ambiguous
from names
inner join ranked_words
    on
        names.entity_type = ranked_words.entity_type
        and names.entity_id = ranked_words.entity_id
        and ranked_words.rarity_rank = 1
