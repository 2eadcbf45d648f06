{#
  How an existing relation is replaced. Unlike for SQL models the default is 'replace', one atomic
  statement: a Python model's rows are complete before it starts, so nothing speaks for moving
  tables around. The other values mean what they mean in dbt-trino.
#}
{% macro python_on_table_exists(accepted) -%}
  {%- set on_table_exists = config.get('on_table_exists', 'replace') -%}
  {%- if on_table_exists not in accepted -%}
    {% do exceptions.raise_compiler_error(
        "Invalid value for on_table_exists (" ~ on_table_exists ~ ") of a Python model. "
        ~ "Use one of: " ~ accepted | join(', ') ~ ".") %}
  {%- endif -%}
  {{ return(on_table_exists) }}
{%- endmacro %}


{# Make the staged result of a Python model the table `target_relation`. #}
{% macro put_python_result_in_place(on_table_exists, existing_relation, target_relation) -%}
  {%- set staged_query = 'select * from ' ~ adapter.staged_python_result() -%}

  {#-- Trino's `create or replace table` refuses to replace a view --#}
  {%- if on_table_exists == 'replace' and existing_relation is not none and not existing_relation.is_table -%}
    {%- set on_table_exists = 'rename' -%}
  {%- endif -%}

  {%- if on_table_exists == 'rename' and existing_relation is not none -%}
    {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
    {%- set backup_relation = make_backup_relation(target_relation, existing_relation.type) -%}
    {% do drop_relation_if_exists(load_cached_relation(intermediate_relation)) %}
    {% do drop_relation_if_exists(load_cached_relation(backup_relation)) %}
    {%- call statement('put_in_place') -%}
      {{ create_table_as(False, intermediate_relation, staged_query) }}
    {%- endcall -%}
    {% do adapter.rename_relation(existing_relation, backup_relation) %}
    {% do adapter.rename_relation(intermediate_relation, target_relation) %}
    {% do drop_relation_if_exists(backup_relation) %}
  {%- else -%}
    {%- if on_table_exists == 'drop' and existing_relation is not none -%}
      {% do adapter.drop_relation(existing_relation) %}
    {%- endif -%}
    {%- call statement('put_in_place') -%}
      {{ create_table_as(False, target_relation, staged_query, on_table_exists if on_table_exists in ('replace', 'skip') else none) }}
    {%- endcall -%}
  {%- endif -%}
{%- endmacro %}
