{#- The business word that each name stands for: of the glossary's words that are
    in it as a whole the longest, general ones (customer, day) after all others. `names` is a relation with a column `object_name`; gives object_name and glossary_term. -#}
{% macro terms_of_names(names) -%}
    select
        object_name,
        glossary_term
    from (
        select
            names.object_name,
            words.glossary_term,
            row_number() over (
                partition by names.object_name
                order by words.is_general asc, length(words.word) desc, words.glossary_term asc
            ) as word_rank
        from {{ names }} as names
        inner join (
            select
                glossary.glossary_term,
                glossary.is_general,
                named.word
            from {{ ref('glossary') }} as glossary
            cross join unnest(split(glossary.named_by, '|')) as named (word)
        ) as words
            on strpos(concat('_', names.object_name, '_'), concat('_', words.word, '_')) > 0
    ) as ranked
    where word_rank = 1
{%- endmacro %}
