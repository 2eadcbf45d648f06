-- What a post without an explicit entity is about, by its text: a hashtag before a full name, then
-- the longest, then title before talent before property before brand, then the smallest id.

with

posts as (

    select * from {{ ref('int_posts') }}

),

names as (

    select * from {{ ref('int_entity_names') }}

),

-- No words instead of no row for what need not be looked up: a filter would let DuckDB expect few
-- words, hold them all in memory and pass the names by them (2.5 instead of 0.3 GB for 300,000).
texts as (

    select
        network_name,
        post_id,
        case
            when entity_type is null or entity_id is null
                then {{ normalised_text('post_text') }}
        end as padded_text
    from posts

),

-- The words of a hashtag count as a name too, so its text follows once more without the sign.
searched as (

    select
        network_name,
        post_id,
        case
            when strpos(padded_text, '#') > 0 then padded_text || replace(padded_text, '#', '')
            else padded_text
        end as padded_text
    from texts

),

words as (

    select
        network_name,
        post_id,
        padded_text,
        word
    from
        {{ words_of('searched', 'padded_text', ['network_name', 'post_id', 'padded_text']) }}
            as parts

),

-- Where the word is the whole term, there is nothing more to look for.
terms as (

    select
        '#' || hashtag as word,
        cast(null as varchar) as padded_term,
        entity_type,
        entity_id,
        'hashtag' as match_rule,
        is_ambiguous,
        length(hashtag) as matched_text_length
    from names
    union all
    select
        rarest_word as word,
        case when rarest_word <> normalised_name then ' ' || normalised_name || ' ' end
            as padded_term,
        entity_type,
        entity_id,
        'name' as match_rule,
        is_ambiguous,
        length(normalised_name) as matched_text_length
    from names
    where is_matched_by_name

),

ranked as (

    select
        words.network_name,
        words.post_id,
        terms.entity_type,
        terms.entity_id,
        terms.match_rule,
        terms.is_ambiguous,
        terms.matched_text_length,
        row_number() over (
            partition by words.network_name, words.post_id
            order by
                case terms.match_rule when 'hashtag' then 1 else 2 end asc,
                terms.matched_text_length desc,
                case terms.entity_type
                    when 'title' then 1
                    when 'talent' then 2
                    when 'property' then 3
                    else 4
                end asc,
                terms.entity_id asc
        ) as match_rank
    from words
    inner join terms
        on
            words.word = terms.word
            and (
                terms.padded_term is null
                or strpos(words.padded_text, terms.padded_term) > 0
            )

)

select
    network_name,
    post_id,
    entity_type,
    entity_id,
    match_rule,
    matched_text_length,
    is_ambiguous
from ranked
where match_rank = 1
