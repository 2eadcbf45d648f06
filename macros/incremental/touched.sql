{#- The CTE `touched` in incremental runs: the days that are to be computed anew. Nothing otherwise.

    A model that uses it names its parents in a comment (`depends_on`), since dbt reads refs when the
    project is parsed, and then no run is incremental. -#}
{% macro touched() -%}
    {%- if is_incremental() -%}
        touched as (

            {{ touched_days(processed_load_id()) }}

        ),
    {%- endif -%}
{%- endmacro %}
