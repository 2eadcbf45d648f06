{#- The incremental models of the project, as nodes, in order of name. -#}
{% macro incremental_models() -%}
    {{- return(
        graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('config.materialized', 'equalto', 'incremental')
        | selectattr('package_name', 'equalto', project_name)
        | sort(attribute='name')
        | list
    ) -}}
{%- endmacro %}
