{#- What tells one lake from another up to a load: its files' sizes and when each came in. A lake that was made
    anew from the same landing files is another one: places, keys and contracts may have changed.

    files: what lake_files gives. -#}
{% macro lake_proof(files, load_id) -%}
    {%- set parts = [] -%}
    {%- for file_load_id, file_text in files if file_load_id <= load_id -%}
        {%- do parts.append(file_load_id ~ ' ' ~ file_text) -%}
    {%- endfor -%}
    {{- return(local_md5(parts | join('\n'))) -}}
{%- endmacro %}
