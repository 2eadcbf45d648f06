{% materialization table, adapter='trino_python', supported_languages=['sql', 'python'] %}
  {%- if model['language'] == 'sql' -%}
    {{ return(materialization_table_trino()) }}
  {%- endif -%}

  {%- set on_table_exists = python_on_table_exists(['rename', 'drop', 'replace', 'skip']) -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set grant_config = config.get('grants') -%}

  {{ run_hooks(pre_hooks) }}

  {%- call statement('main', language='python') -%}
{{ compiled_code }}
  {%- endcall -%}
  {% do put_python_result_in_place(on_table_exists, existing_relation, target_relation) %}

  {% do persist_docs(target_relation, model) %}

  {% set should_revoke = should_revoke(existing_relation, full_refresh_mode=True) %}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke) %}

  {{ run_hooks(post_hooks) }}

  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
