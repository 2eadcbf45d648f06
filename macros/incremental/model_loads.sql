{#- What is recorded of each incremental model: rows (model_name, definition_hash, load_id, lake_proof),
    the newest of each model. -#}
{% macro model_loads() -%}
    {{- return(run_query(
        'with newest as (select model_name, max(recorded_at) as recorded_at from audit.model_loads group by model_name) '
        ~ 'select loads.model_name, loads.definition_hash, loads.load_id, loads.lake_proof '
        ~ 'from audit.model_loads as loads inner join newest '
        ~ 'on loads.model_name = newest.model_name and loads.recorded_at = newest.recorded_at'
    ).rows) -}}
{%- endmacro %}
