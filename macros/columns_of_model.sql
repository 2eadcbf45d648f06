{#- The columns of a model as its YAML declares them, each with name and data_type; none while parsing.
    Unit tests know no graph: they override this macro. -#}
{% macro columns_of_model(model_name) -%}
    {{ return(graph.nodes['model.marquee.' ~ model_name].columns.values() | list if execute else []) }}
{%- endmacro %}
