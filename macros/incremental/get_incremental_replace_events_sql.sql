{#- Incremental strategy `replace_events`: rows of all events that a new load delivers (again) are
    deleted and inserted as they are now. -#}
{% macro get_incremental_replace_events_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where event_id in (select event_id from {{ arg_dict['temp_relation'] }});
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
