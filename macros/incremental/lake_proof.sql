{#- What tells one lake from another up to a load: its files' sizes and when each came in. A lake that was made
    anew from the same landing files is another one: places, keys and contracts may have changed.

    files: rows (load_id, text of size and time). -#}
{% macro lake_proof(files, load_id) -%}
    {%- set parts = [] -%}
    {%- for file in files | sort(attribute='0') if file[0] <= load_id -%}
        {%- do parts.append(file[0] ~ ' ' ~ file[1]) -%}
    {%- endfor -%}
    {{- return(local_md5(parts | join('\n'))) -}}
{%- endmacro %}
