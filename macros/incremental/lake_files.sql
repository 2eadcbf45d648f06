{#- The files of a manifest as rows (load_id, text of size and time), for lake_proof. -#}
{% macro lake_files(manifest) -%}
    {{- return(run_query(
        'select load_id, concat(cast(byte_count as varchar), cast(ingested_at as varchar)) as file_text '
        ~ 'from ' ~ manifest ~ ' order by load_id'
    ).rows) -}}
{%- endmacro %}
