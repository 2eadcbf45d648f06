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
    {%- elif landed.format == 'sequence_file' -%}
        {%- set columns = hive_columns(landed, group.names) -%}
        {%- set properties = {'format': "'SEQUENCEFILE'"} -%}
    {%- elif landed.format == 'avro' -%}
        {%- set columns = [] -%}
        {%- for name, data_type in landed.columns -%}
            {%- do columns.append((name, 'bigint' if data_type == 'timestamp(6)' else data_type)) -%}
        {%- endfor -%}
        {%- set properties = {'format': "'AVRO'"} -%}
    {%- else -%}
        {%- set columns = landed.columns -%}
        {%- set properties = {'format': "'" ~ landed.format | upper ~ "'"} -%}
    {%- endif -%}
    {{- return({'columns': columns, 'properties': properties}) -}}
{%- endmacro %}
