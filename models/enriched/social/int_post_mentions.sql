-- What a post without an explicit entity is about, by its text: a hashtag before a full name, then
-- the longest, then title before talent before property before brand, then the smallest id.

with

posts as (

    select * from {{ ref('int_posts') }}

),

names as (

    select * from {{ ref('int_entity_names') }}

),

texts as (

    select
        network_name,
        post_id,
        {{ normalised_text('post_text') }} as padded_text
    from posts
    where post_text is not null and (entity_type is null or entity_id is null)

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
        searched.network_name,
        searched.post_id,
        searched.padded_text,
        words.word
    from searched
    cross join unnest(split(searched.padded_text, ' ')) as words (word)

),

terms as (

    select
        '#' || hashtag as word,
        ' #' || hashtag || ' ' as padded_term,
        entity_type,
        entity_id,
        'hashtag' as match_rule,
        is_ambiguous,
        length(hashtag) as matched_text_length
    from names
    union all
    select
        rarest_word as word,
        ' ' || normalised_name || ' ' as padded_term,
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
                terms.entity_id asc,
                terms.padded_term asc
        ) as match_rank
    from words
    inner join terms
        on
            words.word = terms.word
            and strpos(words.padded_text, terms.padded_term) > 0

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
