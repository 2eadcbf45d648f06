{#- The rows of landed files that have the same columns, in the order of all their relatives' columns.

    landed: an entry of landed_tables(); group: one of its groups; files: what to read, in the engine's
    words; landing_file: the expression that names each row's file. -#}
{% macro landed_files_query(landed, group, files, landing_file) -%}
    {{- return(
        adapter.dispatch('landed_files_query', 'marquee')(landed, group, files, landing_file)
    ) -}}
{%- endmacro %}

{#- Line breaks within quotes are kept, as spreadsheets write them; a quote that is never closed takes
    the rest of its file. -#}
{% macro default__landed_files_query(landed, group, files, landing_file) -%}
    {%- set text = 'read_csv(' ~ files ~ ', auto_detect = false, strict_mode = false, '
        ~ 'ignore_errors = true, filename = true, ' -%}
    {%- if landed.format == 'csv' -%}
        {%- set declared = [] -%}
        {%- for name in group.names -%}
            {%- do declared.append("'" ~ name ~ "': 'varchar'") -%}
        {%- endfor -%}
        {{- return(
            'select ' ~ landed_texts(landed.columns, group.names) ~ ', ' ~ landing_file ~ ' from ' ~ text
            ~ 'columns = {' ~ declared | join(', ') ~ '}, header = true, null_padding = true, '
            ~ "delim = ',', quote = '\"', escape = '\"')"
        ) -}}
    {%- elif landed.format == 'json_lines' -%}
        {%- set extracted = [] -%}
        {%- for name, data_type in landed.columns -%}
            {%- do extracted.append(
                'json_extract_string(record, \'$."' ~ name ~ '"\') as "' ~ name ~ '"'
            ) -%}
        {%- endfor -%}
        {{- return(
            'select ' ~ extracted | join(', ') ~ ', landing_file from (select '
            ~ 'case when json_valid(line) then line end as record, ' ~ landing_file ~ ' from ' ~ text
            ~ "columns = {'line': 'varchar'}, header = false, delim = '\x01', quote = '', escape = '') "
            ~ "where trim(line) <> '')"
        ) -}}
    {%- endif -%}
    {{- return(
        'select ' ~ quoted_names(landed.columns) ~ ', ' ~ landing_file ~ ' from read_parquet(' ~ files
        ~ ', union_by_name = true, hive_partitioning = false, filename = true)'
    ) -}}
{%- endmacro %}

{#- Hive reads CSV line by line, also within quotes. A sequence file holds JSON or, where it has a header,
    rows whose lists Hive takes apart itself. -#}
{% macro trino__landed_files_query(landed, group, files, landing_file) -%}
    {%- set from_files = ', ' ~ landing_file ~ ' from ' ~ files -%}
    {%- if landed.format == 'csv' -%}
        {{- return('select ' ~ landed_texts(landed.columns, group.names) ~ from_files) -}}
    {%- elif landed.format == 'sequence_file' and group.names != [''] -%}
        {{- return('select ' ~ hive_texts(landed, group.names) ~ from_files) -}}
    {%- elif landed.format in ('json_lines', 'sequence_file') -%}
        {%- set extracted = [] -%}
        {%- for name, data_type in landed.columns -%}
            {%- set path = '\'$["' ~ name ~ '"]\'' -%}
            {%- do extracted.append(
                'coalesce(json_extract_scalar(record, ' ~ path ~ '), '
                ~ 'nullif(json_format(json_extract(record, ' ~ path ~ ")), 'null')) as \"" ~ name ~ '"'
            ) -%}
        {%- endfor -%}
        {{- return(
            'select ' ~ extracted | join(', ') ~ ', landing_file from (select '
            ~ 'try(json_parse(line)) as record' ~ from_files ~ " where trim(line) <> '')"
        ) -}}
    {%- elif landed.format == 'avro' -%}
        {{- return('select ' ~ avro_values(landed.columns) ~ from_files) -}}
    {%- endif -%}
    {{- return('select ' ~ quoted_names(landed.columns) ~ from_files) -}}
{%- endmacro %}
