{#- Each key once: of several deliveries the earliest received wins, then the smallest payload, by all of its
    columns; never the order of loading, which differs between two lakes and only decides between rows that
    are equal. As a query in brackets, with a column delivery_rank to ignore.

    relation: has received_at, load_id and row_number; keys: the columns of its key; payload: all others that
    come from the source, in the order in which they decide; first: what counts before the receipt. -#}
{% macro earliest_deliveries(relation, keys, payload, first=[]) -%}
    (
        select *
        from (
            select
                deliveries.*,
                row_number() over (
                    partition by {{ keys | join(', ') }}
                    order by
                        {% for expression in first + ['received_at'] + payload -%}
                            {{ expression }} asc nulls first,
                        {% endfor -%}
                        load_id asc,
                        row_number asc
                ) as delivery_rank
            from {{ relation }} as deliveries
        ) as ranked
        where delivery_rank = 1
    )
{%- endmacro %}
