{#- Before anything runs: no stored table may rest on definitions, or on a lake, that are no more. -#}
{% macro check_incremental_models() -%}
    {%- if is_writing() and not flags.FULL_REFRESH -%}
        {%- do stop_at_stale_models() -%}
    {%- endif -%}
{%- endmacro %}

{% macro stop_at_stale_models() -%}
    {%- set changed, moved = [], [] -%}
    {%- set loads = model_loads() -%}
    {%- set lake = lake_files(source('marquee', 'file_manifest')) -%}
    {%- for node in incremental_models() if node.unique_id in selected_resources -%}
        {%- for model_name, definition, load_id, proof in loads if model_name == node.name -%}
            {%- if definition != definition_hash(node) -%}
                {%- do changed.append(node.name) -%}
            {%- elif proof != lake_proof(lake, load_id) -%}
                {%- do moved.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if changed or moved -%}
        {{- exceptions.raise_compiler_error(
            (('The definitions of ' ~ changed | join(', ') ~ ' have changed since the tables were built. ') if changed else '')
            ~ (('The lake is not the one that ' ~ moved | join(', ') ~ ' were built from. ') if moved else '')
            ~ 'Build them anew with:  dbt build --full-refresh   (or: marquee run --full-refresh)'
        ) -}}
    {%- endif -%}
{%- endmacro %}
