{#- The newest load whose deliveries the model `int_event_resolutions` has judged. Where it runs in this command
    that is all of the manifest; otherwise events of later loads would come in unjudged. -#}
{% macro resolved_load_id() -%}
    {%- if execute and 'model.marquee.int_event_resolutions' not in selected_resources -%}
        {{- return(recorded_load_id('int_event_resolutions')) -}}
    {%- endif -%}
    {{- return(9223372036854775807) -}}
{%- endmacro %}
