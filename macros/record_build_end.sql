{#- The row also names the public models of this build: publishing copies these and no leftovers. -#}
{% macro record_build_end(results) -%}
    {%- if is_writing() -%}
        {%- set statuses = results | map(attribute='status') | map('string') | list -%}
        {%- set failed = statuses | select('in', ['error', 'fail', 'skipped', 'runtime error']) | list -%}
        {%- set warned = statuses | select('equalto', 'warn') | list -%}
        {%- set public = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.access == 'public' -%}
            {%- do public.append(node.schema ~ '.' ~ node.alias) -%}
        {%- endfor -%}
        {{- build_event('finished', statuses | length, failed | length, warned | length, public) -}}
    {%- endif -%}
{%- endmacro %}
