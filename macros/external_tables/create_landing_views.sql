{#- The landed files as they came (schema on read): a view for each source table and format,
    landing.<source>__<table>__<format>. CSV and JSON lines are text; each row tells its file. Records
    that ingestion would quarantine are there too, with nulls where nothing can be read. -#}
{% macro create_landing_views() -%}
    {{- return(adapter.dispatch('create_landing_views', 'marquee')()) -}}
{%- endmacro %}

{#- Quoted line breaks are kept, as spreadsheets write them; a quote that is never closed takes the
    rest of its file. -#}
{% macro default__create_landing_views() -%}
    {%- set root = env_var('MARQUEE_LANDING', env_var('MARQUEE_HOME', 'var') ~ '/landing') -%}
    {%- do run_query('create schema if not exists landing') -%}
    {%- for landed in landed_tables() -%}
        {%- set patterns = [] -%}
        {%- for folder, suffixes in landed.folders.items() -%}
            {%- for suffix in suffixes -%}
                {%- do patterns.append("'" ~ root ~ '/' ~ folder ~ '/*' ~ suffix ~ "'") -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set files = '[' ~ patterns | join(', ') ~ ']' -%}
        {%- set landing_file = "replace(filename, '" ~ root ~ "/', '') as landing_file" -%}
        {%- set names = [] -%}
        {%- set declared = [] -%}
        {%- set extracted = [] -%}
        {%- for name, data_type in landed.columns -%}
            {%- do names.append('"' ~ name ~ '"') -%}
            {%- do declared.append("'" ~ name ~ "': 'varchar'") -%}
            {%- do extracted.append('json_extract_string(record, \'$."' ~ name ~ '"\') as "' ~ name ~ '"') -%}
        {%- endfor -%}
        {%- if landed.format == 'csv' -%}
            {%- set query = 'select ' ~ names | join(', ') ~ ', ' ~ landing_file ~ ' from read_csv(' ~ files
                ~ ', columns = {' ~ declared | join(', ') ~ '}, header = true, auto_detect = false, '
                ~ "delim = ',', quote = '\"', escape = '\"', null_padding = true, strict_mode = false, "
                ~ 'ignore_errors = true, filename = true)' -%}
        {%- elif landed.format == 'json_lines' -%}
            {%- set query = 'select ' ~ extracted | join(', ') ~ ', landing_file from (select '
                ~ 'case when json_valid(line) then line end as record, ' ~ landing_file
                ~ ' from read_csv(' ~ files ~ ", columns = {'line': 'varchar'}, header = false, "
                ~ "auto_detect = false, delim = '\x01', quote = '', escape = '', strict_mode = false, "
                ~ "ignore_errors = true, filename = true) where trim(line) <> '')" -%}
        {%- else -%}
            {%- set query = 'select ' ~ names | join(', ') ~ ', ' ~ landing_file ~ ' from read_parquet('
                ~ files ~ ', union_by_name = true, hive_partitioning = false, filename = true)' -%}
        {%- endif -%}
        {%- do run_query('create or replace view landing.' ~ landed.name ~ ' as ' ~ query) -%}
    {%- endfor -%}
{%- endmacro %}

{#- Below each view stands an external table of the files, with a partition for each folder. Hive
    reads CSV line by line, also within quotes. -#}
{% macro trino__create_landing_views() -%}
    {%- set catalog = source('marquee', 'file_manifest').database -%}
    {%- do run_query('create schema if not exists ' ~ catalog ~ '.landing') -%}
    {%- for landed in landed_tables() -%}
        {%- set files = api.Relation.create(catalog, 'landing', landed.name ~ '__files') -%}
        {%- set properties = {
            'external_location': "'" ~ landing_uri(landed.source ~ '/' ~ landed.table) ~ "'"
        } -%}
        {%- set landing_file = "substr(\"$path\", " ~ (landing_uri('') | length + 1) ~ ') as landing_file' -%}
        {%- set names = [] -%}
        {%- set extracted = [] -%}
        {%- for name, data_type in landed.columns -%}
            {%- do names.append('"' ~ name ~ '"') -%}
            {%- set path = '\'$["' ~ name ~ '"]\'' -%}
            {%- do extracted.append(
                'coalesce(json_extract_scalar(record, ' ~ path ~ "), nullif(json_format(json_extract(record, "
                ~ path ~ ")), 'null')) as \"" ~ name ~ '"'
            ) -%}
        {%- endfor -%}
        {%- set columns = landed.columns -%}
        {%- set query = 'select ' ~ names | join(', ') ~ ', ' ~ landing_file ~ ' from ' ~ files -%}
        {%- if landed.format == 'csv' -%}
            {%- do properties.update({'format': "'CSV'", 'skip_header_line_count': '1'}) -%}
        {%- elif landed.format == 'json_lines' -%}
            {#- As lines: Hive's own JSON reader gives up a whole file for one bad record. -#}
            {%- do properties.update(
                {'format': "'TEXTFILE'", 'textfile_field_separator': "U&'\\0001'"}
            ) -%}
            {%- set columns = [('line', 'varchar')] -%}
            {%- set query = 'select ' ~ extracted | join(', ') ~ ', landing_file from (select '
                ~ 'try(json_parse(line)) as record, ' ~ landing_file ~ ' from ' ~ files
                ~ " where trim(line) <> '')" -%}
        {%- else -%}
            {%- do properties.update({'format': "'PARQUET'"}) -%}
        {%- endif -%}
        {%- do create_hive_table(files, columns, properties, ['landing_folder']) -%}
        {%- do register_folders(files, landed.folders) -%}
        {%- do run_query(
            'create or replace view ' ~ catalog ~ '.landing.' ~ landed.name ~ ' as ' ~ query
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{#- Partitions of a table of landed files: one for each folder, none for folders that are gone. -#}
{% macro register_folders(files, folders) -%}
    {%- set partitions = files.incorporate(path={'identifier': files.identifier ~ '$partitions'}) -%}
    {%- set known = run_query('select landing_folder from ' ~ partitions).columns[0].values() -%}
    {%- set call = 'call ' ~ files.database ~ '.system.' -%}
    {%- set table = "'landing', '" ~ files.identifier ~ "', array['landing_folder'], " -%}
    {%- for folder in folders if folder not in known -%}
        {%- do run_query(
            call ~ 'register_partition(' ~ table ~ "array['" ~ folder ~ "'], '" ~ landing_uri(folder) ~ "')"
        ) -%}
    {%- endfor -%}
    {%- for folder in known if folder not in folders -%}
        {%- do run_query(call ~ 'unregister_partition(' ~ table ~ "array['" ~ folder ~ "'])") -%}
    {%- endfor -%}
{%- endmacro %}
