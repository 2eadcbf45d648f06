{#- The name by which extracts call each id last: rows (<entity>_id, <entity>_name). A name that is told counts
    before none, then the newest, then the first by its letters. As a query in brackets.

    extracts: a relation with <entity>_id, <entity>_name and extract_date. -#}
{% macro newest_names(extracts, entity) -%}
    (
        select {{ entity }}_id, {{ entity }}_name
        from (
            select
                {{ entity }}_id,
                {{ entity }}_name,
                row_number() over (
                    partition by {{ entity }}_id
                    order by
                        case when {{ entity }}_name is null then 1 else 0 end asc,
                        max(extract_date) desc,
                        {{ entity }}_name asc
                ) as name_rank
            from {{ extracts }}
            where {{ entity }}_id is not null
            group by {{ entity }}_id, {{ entity }}_name
        ) as ranked_names
        where name_rank = 1
    )
{%- endmacro %}
