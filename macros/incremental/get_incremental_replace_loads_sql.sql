{#- Incremental strategy `replace_loads`, for rows that are deliveries of their own (load_id, row_number):
    new loads are inserted, and deliveries that lost against a new one are deleted. By their places in the
    lake, because finding 10 million events by their ids takes half a second.

    What a killed run has inserted already is deleted first, so that it does not stand here twice. -#}
{% macro get_incremental_replace_loads_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set lost -%}
        select
            load_id,
            row_number
        from {{ ref('int_event_resolutions') }}
        where event_load_id > {{ processed_load_id() }} and resolution <> 'kept'
    {%- endset -%}
    delete from {{ arg_dict['target_relation'] }}
    where load_id > {{ processed_load_id() }};
    {{ delete_matching(arg_dict['target_relation'], lost, [('load_id', 'load_id'), ('row_number', 'row_number')]) }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
