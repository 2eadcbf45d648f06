{#- The events as the last run left them, for the model `int_event_resolutions`, from which they are made: the
    relation `fct_events` (none if it is not there) and the newest load that it and this model have processed.

    No ref, because the present events come later. What is recorded tells how far they reach; a
    killed run may have left more, but whatever it took out of them, it has judged before. -#}
{% macro earlier_events() -%}
    {%- if not (execute and is_incremental()) -%}
        {{- return({'relation': none, 'load_id': 0}) -}}
    {%- endif -%}
    {%- set relation = load_relation(this.incorporate(path={'identifier': 'fct_events'})) -%}
    {%- set load_id = [processed_load_id(), recorded_load_id('fct_events')] | min if relation else 0 -%}
    {{- return({'relation': relation, 'load_id': load_id}) -}}
{%- endmacro %}
