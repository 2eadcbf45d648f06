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
        {%- set queries = [] -%}
        {%- for group in landed.groups -%}
            {%- set patterns = [] -%}
            {%- for folder, suffixes in group.folders.items() -%}
                {%- for suffix in suffixes -%}
                    {%- do patterns.append("'" ~ root ~ '/' ~ folder ~ '/*' ~ suffix ~ "'") -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- set files = '[' ~ patterns | join(', ') ~ ']' -%}
            {%- set landing_file = "replace(filename, '" ~ root ~ "/', '') as landing_file" -%}
            {%- if landed.format == 'csv' -%}
                {%- set declared = [] -%}
                {%- for name in group.names -%}
                    {%- do declared.append("'" ~ name ~ "': 'varchar'") -%}
                {%- endfor -%}
                {%- do queries.append(
                    'select ' ~ landed_texts(landed.columns, group.names) ~ ', ' ~ landing_file
                    ~ ' from read_csv(' ~ files ~ ', columns = {' ~ declared | join(', ')
                    ~ "}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
                    ~ 'null_padding = true, strict_mode = false, ignore_errors = true, filename = true)'
                ) -%}
            {%- elif landed.format == 'json_lines' -%}
                {%- set extracted = [] -%}
                {%- for name, data_type in landed.columns -%}
                    {%- do extracted.append(
                        'json_extract_string(record, \'$."' ~ name ~ '"\') as "' ~ name ~ '"'
                    ) -%}
                {%- endfor -%}
                {%- do queries.append(
                    'select ' ~ extracted | join(', ') ~ ', landing_file from (select '
                    ~ 'case when json_valid(line) then line end as record, ' ~ landing_file
                    ~ ' from read_csv(' ~ files ~ ", columns = {'line': 'varchar'}, header = false, "
                    ~ "auto_detect = false, delim = '\x01', quote = '', escape = '', strict_mode = false, "
                    ~ "ignore_errors = true, filename = true) where trim(line) <> '')"
                ) -%}
            {%- else -%}
                {%- do queries.append(
                    'select ' ~ quoted_names(landed.columns) ~ ', ' ~ landing_file ~ ' from read_parquet('
                    ~ files ~ ', union_by_name = true, hive_partitioning = false, filename = true)'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do run_query(
            'create or replace view landing.' ~ landed.name ~ ' as ' ~ queries | join(' union all ')
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{#- Below each view stand external tables of the files, one for each set of columns, with a partition
    for each folder. Hive reads CSV line by line, also within quotes. -#}
{% macro trino__create_landing_views() -%}
    {%- set catalog = source('marquee', 'file_manifest').database -%}
    {%- set landing_file = 'substr("$path", ' ~ (landing_uri('') | length + 1) ~ ') as landing_file' -%}
    {%- do run_query('create schema if not exists ' ~ catalog ~ '.landing') -%}
    {%- for landed in landed_tables() -%}
        {%- set queries = [] -%}
        {%- for group in landed.groups -%}
            {%- set files = api.Relation.create(
                catalog, 'landing', landed.name ~ '__files' ~ ('_' ~ loop.index if loop.index > 1 else '')
            ) -%}
            {%- if landed.format == 'csv' -%}
                {%- set columns = [] -%}
                {%- for name in group.names -%}
                    {%- do columns.append((name, 'varchar')) -%}
                {%- endfor -%}
                {%- set properties = {'format': "'CSV'", 'skip_header_line_count': '1'} -%}
                {%- do queries.append(
                    'select ' ~ landed_texts(landed.columns, group.names) ~ ', ' ~ landing_file
                    ~ ' from ' ~ files
                ) -%}
            {%- elif landed.format == 'json_lines' -%}
                {#- As lines: Hive's own JSON reader gives up a whole file for one bad record. -#}
                {%- set columns = [('line', 'varchar')] -%}
                {%- set properties = {
                    'format': "'TEXTFILE'", 'textfile_field_separator': "U&'\\0001'"
                } -%}
                {%- set extracted = [] -%}
                {%- for name, data_type in landed.columns -%}
                    {%- set path = '\'$["' ~ name ~ '"]\'' -%}
                    {%- do extracted.append(
                        'coalesce(json_extract_scalar(record, ' ~ path ~ '), '
                        ~ 'nullif(json_format(json_extract(record, ' ~ path ~ ")), 'null')) as \""
                        ~ name ~ '"'
                    ) -%}
                {%- endfor -%}
                {%- do queries.append(
                    'select ' ~ extracted | join(', ') ~ ', landing_file from (select '
                    ~ 'try(json_parse(line)) as record, ' ~ landing_file ~ ' from ' ~ files
                    ~ " where trim(line) <> '')"
                ) -%}
            {%- else -%}
                {%- set columns = landed.columns -%}
                {%- set properties = {'format': "'PARQUET'"} -%}
                {%- do queries.append(
                    'select ' ~ quoted_names(landed.columns) ~ ', ' ~ landing_file ~ ' from ' ~ files
                ) -%}
            {%- endif -%}
            {%- do properties.update({
                'external_location': "'" ~ landing_uri(landed.source ~ '/' ~ landed.table) ~ "'"
            }) -%}
            {%- do create_hive_table(files, columns, properties, ['landing_folder']) -%}
            {%- do register_folders(files, group.folders) -%}
        {%- endfor -%}
        {%- do run_query(
            'create or replace view ' ~ catalog ~ '.landing.' ~ landed.name ~ ' as '
            ~ queries | join(' union all ')
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

{#- Texts of a CSV file in the order of all its relatives' columns; what it lacks is null, and an
    empty text is no value. -#}
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
