{#- The newest load that the incremental model has already processed, 0 in a first or full build.

    It is recorded at the end of a run, so after a kill a model meets a load twice (which changes
    nothing: days are replaced), but it never misses one. -#}
{% macro processed_load_id() -%}
    {{- return(recorded_load_id(this.identifier) if execute and is_incremental() else 0) -}}
{%- endmacro %}
