{#- Incremental strategy `replace_days`: the days that new loads touch are deleted, also those of which
    nothing is left, and inserted as they are now. Days are found as they were before the deletion.

    Killed between the two statements (possible on Trino, where each commits alone), the next run
    finds the same days again, because the processed load is recorded at the end of a run. -#}
{% macro get_incremental_replace_days_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set names = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {#- Of customers, the visitor is the customer. -#}
    {%- set visitor = 'visitor_id' if 'visitor_id' in names else 'customer_id' -%}
    {{ delete_matching(
        arg_dict['target_relation'],
        touched_days(processed_load_id()),
        [(visitor, 'visitor_id'), ('broadcast_date', 'broadcast_date')]
    ) }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
