-- The dictionary for posts that do not say what they are about. A name of several words is taken
-- for a mention from 4 characters on, a single word from 6: shorter ones are words of everyday
-- speech. Each name is looked up by its rarest word, because thousands of names begin with "the".

with

titles as (

    select * from {{ ref('dim_titles') }}

),

talents as (

    select * from {{ ref('int_title_talents') }}

),

named as (

    select
        'title' as entity_type,
        title_id as entity_id,
        title_name as entity_name
    from titles
    union all
    select
        'brand' as entity_type,
        brand_id as entity_id,
        brand_name as entity_name
    from titles
    union all
    select
        'property' as entity_type,
        property_id as entity_id,
        property_name as entity_name
    from titles
    union all
    select
        'talent' as entity_type,
        talent_id as entity_id,
        talent_name as entity_name
    from talents

),

padded as (

    select
        entity_type,
        entity_id,
        entity_name,
        {{ normalised_text("replace(entity_name, '#', ' ')") }} as padded_name
    from named
    where entity_id is not null and entity_name is not null

),

names as (

    select
        entity_type,
        entity_id,
        substr(padded_name, 2, length(padded_name) - 2) as normalised_name,
        min(entity_name) as entity_name
    from padded
    where padded_name <> ' '
    group by entity_type, entity_id, substr(padded_name, 2, length(padded_name) - 2)

),

words as (

    select
        names.entity_type,
        names.entity_id,
        names.normalised_name,
        words.word
    from names
    cross join unnest(split(names.normalised_name, ' ')) as words (word)

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
            partition by words.entity_type, words.entity_id, words.normalised_name
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
        and names.normalised_name = ranked_words.normalised_name
        and ranked_words.rarity_rank = 1
