{#- The newest load that the incremental model has already processed, 0 in a first or full build.

    It is recorded at the end of a run, so after a kill a model meets a load twice (which changes
    nothing: days are replaced), but it never misses one. -#}
{% macro processed_load_id() -%}
    {%- if not (execute and is_incremental()) -%}
        {{- return(0) -}}
    {%- endif -%}
    {%- set rows = run_query(
        "select max_by(load_id, recorded_at) as load_id from audit.model_loads where model_name = '" ~ this.identifier ~ "'"
    ).rows -%}
    {{- return(rows[0][0] or 0) -}}
{%- endmacro %}
