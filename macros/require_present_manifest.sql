{#- A run that leaves out stg_marquee__file_manifest reads rows by the manifest of an earlier build. Where
    compaction has moved rows since, what that one names may be removed, and the rows would be missing
    without an error. -#}
{% macro require_present_manifest() -%}
    {%- set copy = ref('stg_marquee__file_manifest') -%}
    {%- if is_writing() and 'model.marquee.stg_marquee__file_manifest' not in selected_resources -%}
        {%- set built = load_relation(copy) -%}
        {%- if built and 'generation_key' in adapter.get_columns_in_relation(built) | map(attribute='name') -%}
            {%- set moved = run_query(
                'select count(*) from ' ~ built ~ ' as built inner join ' ~ source('marquee', 'file_manifest')
                ~ ' as present on built.file_key = present.file_key '
                ~ 'where built.generation_key <> coalesce(present.generation_key, present.file_key)'
            ) -%}
            {%- if moved.rows[0][0] > 0 -%}
                {{- exceptions.raise_compiler_error(
                    'Rows of ' ~ moved.rows[0][0] ~ ' landed files were moved by marquee compact since the last '
                    ~ 'build. Build the manifest too:  dbt build --select stg_marquee__file_manifest'
                ) -}}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
