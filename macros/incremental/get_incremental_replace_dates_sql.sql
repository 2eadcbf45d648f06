{#- Incremental strategy `replace_dates`: the broadcast dates that new loads touch, and those that the model
    computes for reasons of its own, are deleted and inserted as they are now. -#}
{% macro get_incremental_replace_dates_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set dates -%}
        select touched.broadcast_date
        from ({{ touched_days(processed_load_id()) }}) as touched
        union distinct
        select broadcast_date
        from {{ arg_dict['temp_relation'] }}
    {%- endset -%}
    {{ delete_matching(arg_dict['target_relation'], dates, [('broadcast_date', 'broadcast_date')]) }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
