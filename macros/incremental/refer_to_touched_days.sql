{#- Names the parents of a model that takes touched days: dbt reads refs when it parses the project, and then no
    run is incremental. -#}
{% macro refer_to_touched_days() -%}
    {%- if not execute -%}
        {%- for name in ('int_touched_days', 'fct_events', 'int_event_resolutions') -%}
            {%- do ref(name) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
