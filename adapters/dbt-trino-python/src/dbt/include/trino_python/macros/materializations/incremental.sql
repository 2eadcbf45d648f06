{% materialization incremental, adapter='trino_python', supported_languages=['sql', 'python'] %}
  {%- if model['language'] == 'sql' -%}
    {{ return(materialization_incremental_trino()) }}
  {%- endif -%}

  {#-- configs --#}
  {%- set unique_key = config.get('unique_key') -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- set on_table_exists = python_on_table_exists(['rename', 'drop', 'replace']) -%}
  {%- set incremental_strategy = config.get('incremental_strategy') or 'default' -%}
  {%- if incremental_strategy == 'microbatch' -%}
    {% do exceptions.raise_compiler_error(
        "Python models cannot use the incremental strategy 'microbatch', because dbt does not limit "
        ~ "the rows of dbt.ref() to the batch. Use 'append', 'delete+insert' or 'merge'.") %}
  {%- endif -%}
  {%- set incremental_predicates = config.get('predicates', none) or config.get('incremental_predicates', none) -%}
  {%- set strategy_sql_macro_func = adapter.get_incremental_strategy_macro(context, incremental_strategy) -%}

  {#-- relations --#}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set full_refresh_mode = should_full_refresh() -%}
  {%- set grant_config = config.get('grants') -%}

  {{ run_hooks(pre_hooks) }}

  {%- call statement('main', language='python') -%}
{{ compiled_code }}
  {%- endcall -%}

  {% if existing_relation is none or not existing_relation.is_table or full_refresh_mode %}
    {% do put_python_result_in_place(on_table_exists, existing_relation, target_relation) %}
  {% else %}
    {%- set staged_relation = adapter.staged_python_result() -%}
    {% do adapter.expand_target_column_types(from_relation=staged_relation, to_relation=target_relation) %}
    {#-- Process schema changes. Returns dict of changes if successful. Use source columns for upserting/merging --#}
    {% set dest_columns = process_schema_changes(on_schema_change, staged_relation, existing_relation) %}
    {% if not dest_columns %}
      {% set dest_columns = adapter.get_columns_in_relation(existing_relation) %}
    {% endif %}
    {% set strategy_arg_dict = ({'target_relation': target_relation, 'temp_relation': staged_relation, 'unique_key': unique_key, 'dest_columns': dest_columns, 'incremental_predicates': incremental_predicates }) %}
    {%- call statement('incremental_strategy') -%}
      {{ strategy_sql_macro_func(strategy_arg_dict) }}
    {%- endcall -%}
  {% endif %}

  {{ run_hooks(post_hooks) }}

  {% set should_revoke = should_revoke(existing_relation.is_table, full_refresh_mode) %}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke) %}

  {% do persist_docs(target_relation, model) %}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
