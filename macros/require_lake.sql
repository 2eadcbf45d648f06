{#- Without a lake every model would fail with the engine's own words for a missing file; this says
    the one command to type instead. -#}
{% macro require_lake() -%}
    {{- return(adapter.dispatch('require_lake', 'marquee')()) -}}
{%- endmacro %}

{% macro default__require_lake() -%}
    {%- if is_writing() -%}
        {%- set lake = env_var('MARQUEE_LAKE', env_var('MARQUEE_HOME', 'var') ~ '/lake') -%}
        {%- set found = run_query("select count(*) from glob('" ~ lake ~ "/_manifest/*.parquet')") -%}
        {%- if found.rows[0][0] == 0 -%}
            {{- exceptions.raise_compiler_error(
                'There is no lake in ' ~ lake ~ '. Make an empty one with:  marquee init'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The engine sees tables, not files: they are brought up to date first. -#}
{% macro trino__require_lake() -%}
    {%- if is_writing() -%}
        {%- do create_lake_tables() -%}
        {%- set manifest = source('marquee', 'file_manifest') -%}
        {%- set files = run_query('select count(*) from "' ~ manifest.database ~ '"."' ~ manifest.schema
            ~ '"."' ~ manifest.identifier ~ '"') -%}
    {%- endif -%}
{%- endmacro %}
