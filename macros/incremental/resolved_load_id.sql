{#- The newest load whose deliveries the model `int_event_resolutions` has judged, as SQL. Where it runs in
    this command that is all of the manifest; otherwise events of later loads would come in unjudged. -#}
{% macro resolved_load_id() -%}
    {%- if execute and 'model.marquee.int_event_resolutions' not in selected_resources -%}
        {%- for row in model_loads() if row[0] == 'int_event_resolutions' -%}
            {{- return(row[2] | string) -}}
        {%- endfor -%}
        {{- return('0') -}}
    {%- endif -%}
    {{- return('9223372036854775807') -}}
{%- endmacro %}
