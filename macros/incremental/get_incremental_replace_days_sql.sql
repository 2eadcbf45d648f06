{#- Incremental strategy `replace_days`: the days that new loads touch are deleted, also those of which
    nothing is left, and inserted as they are now. Days are found as they were before the deletion.

    Killed between the two statements (possible on Trino, where each commits alone), the next run
    finds the same days again, because the processed load is recorded at the end of a run. -#}
{% macro get_incremental_replace_days_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set names = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {#- Of customers, the visitor is the customer. -#}
    {%- set visitor = 'visitor_id' if 'visitor_id' in names else 'customer_id' -%}
    delete from {{ arg_dict['target_relation'] }}
    where exists (
        select 1
        from ({{ touched_days(processed_load_id()) }}) as touched
        where
            touched.visitor_id = {{ arg_dict['target_relation'] }}.{{ visitor }}
            and touched.broadcast_date = {{ arg_dict['target_relation'] }}.broadcast_date
    );
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
