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

{#- Hive reads CSV line by line, also within quotes. -#}
{% macro trino__landed_files_query(landed, group, files, landing_file) -%}
    {%- set from_files = ', ' ~ landing_file ~ ' from ' ~ files -%}
    {%- if landed.format == 'csv' -%}
        {{- return('select ' ~ landed_texts(landed.columns, group.names) ~ from_files) -}}
    {%- elif landed.format == 'json_lines' -%}
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
    {%- endif -%}
    {{- return('select ' ~ quoted_names(landed.columns) ~ from_files) -}}
{%- endmacro %}

{#- Columns and properties of the Hive table over such files. -#}
{% macro landed_files_definition(landed, group) -%}
    {%- if landed.format == 'csv' -%}
        {%- set columns = [] -%}
        {%- for name in group.names -%}
            {%- do columns.append((name, 'varchar')) -%}
        {%- endfor -%}
        {#- A backslash is a letter like others; Hive's own default takes it for an escape. -#}
        {%- set properties = {
            'format': "'CSV'", 'skip_header_line_count': '1', 'csv_escape': "U&'\\0001'"
        } -%}
    {%- elif landed.format == 'json_lines' -%}
        {#- As lines: Hive's own JSON reader gives up a whole file for one bad record. -#}
        {%- set columns = [('line', 'varchar')] -%}
        {%- set properties = {'format': "'TEXTFILE'", 'textfile_field_separator': "U&'\\0001'"} -%}
    {%- else -%}
        {%- set columns = landed.columns -%}
        {%- set properties = {'format': "'PARQUET'"} -%}
    {%- endif -%}
    {{- return({'columns': columns, 'properties': properties}) -}}
{%- endmacro %}

{#- Texts of a CSV file: what its header lacks is null, and an empty text is no value. -#}
{% macro landed_texts(columns, names) -%}
    {%- set texts = [] -%}
    {%- for name, data_type in columns -%}
        {%- do texts.append(
            ('nullif("' ~ name ~ '", \'\')' if name in names else 'cast(null as varchar)')
            ~ ' as "' ~ name ~ '"'
        ) -%}
    {%- endfor -%}
    {{- return(texts | join(', ')) -}}
{%- endmacro %}

{% macro quoted_names(columns) -%}
    {%- set names = [] -%}
    {%- for name, data_type in columns -%}
        {%- do names.append('"' ~ name ~ '"') -%}
    {%- endfor -%}
    {{- return(names | join(', ')) -}}
{%- endmacro %}
