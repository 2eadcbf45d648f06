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
        {#- An initialised lake has a folder with an empty file for each table; a wrong location would
            read as empty without an error. -#}
        {%- set registry = source('marquee', 'model_versions') -%}
        {%- set folders = run_query(
            'select count(*) from ' ~ registry.incorporate(path={'identifier': 'model_versions$partitions'})
        ) -%}
        {%- if folders.rows[0][0] == 0 -%}
            {{- exceptions.raise_compiler_error(
                'There is no lake in ' ~ lake_uri('') ~ '. Make an empty one with:  marquee init'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
