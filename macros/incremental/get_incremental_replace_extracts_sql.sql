{#- Incremental strategy `replace_extracts`, for states of full extracts: those of the oldest new extract and of all
    after it are deleted and inserted as they are now. -#}
{% macro get_incremental_replace_extracts_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set from_date = fresh_extract_date(model.config.meta.get('extracts')) -%}
    {%- if from_date %}
    delete from {{ arg_dict['target_relation'] }}
    where extract_date >= date '{{ from_date }}';
    {%- endif %}
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
