{#- What has landed, by source table and format, from the manifest: engines can't list folders.

    Each entry has name, source, table, format, columns (pairs of name and type) and groups: folders
    whose files have the same columns, each folder with the suffixes of its files, or with the names of
    those that have none. Repaired files, below _repaired/, are left out: they came from no source, and
    only their owner reads them. -#}
{% macro landed_tables() -%}
    {%- set found = run_query(
        "select source_name, table_name, file_format, regexp_replace(file_name, '/[^/]*$', '') as folder, "
        ~ "regexp_replace(regexp_replace(file_name, '^.*/', ''), '^.*?(\\.[A-Za-z]+(\\.(gz|zst))?)$', '\\1') as suffix, column_names "
        ~ 'from ' ~ source('marquee', 'file_manifest')
        ~ " where substr(file_name, 1, 10) <> '_repaired/'"
        ~ ' group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6'
    ) -%}
    {%- set tables = {} -%}
    {%- for source_name, table_name, format, folder, suffix, header in found.rows -%}
        {%- set name = source_name ~ '__' ~ table_name ~ '__' ~ format -%}
        {%- set landed = tables.setdefault(name, {
            'name': name, 'source': source_name, 'table': table_name, 'format': format, 'folders': {}
        }) -%}
        {%- set seen = landed.folders.setdefault(folder, {'suffixes': [], 'headers': []}) -%}
        {%- if suffix not in seen.suffixes -%}{%- do seen.suffixes.append(suffix) -%}{%- endif -%}
        {%- set header = header or '' -%}
        {%- if header not in seen.headers -%}{%- do seen.headers.append(header) -%}{%- endif -%}
    {%- endfor -%}
    {%- for landed in tables.values() -%}
        {%- set groups = {} -%}
        {%- set names = [] -%}
        {%- for folder, seen in landed.folders.items() -%}
            {%- set by_position = landed.format in ('csv', 'sequence_file') -%}
            {%- set header = folder_header(folder, seen.headers) if by_position else '' -%}
            {%- do groups.setdefault(header, {'names': header.split(','), 'folders': {}})
                .folders.update({folder: seen.suffixes}) -%}
            {%- for name in (seen.headers | join(',')).split(',') if name not in names -%}
                {%- do names.append(name) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do landed.update({
            'groups': groups.values() | list, 'columns': landed_columns(landed, names)
        }) -%}
    {%- endfor -%}
    {{- return(tables.values() | list) -}}
{%- endmacro %}

{#- Hive reads CSV, and rows in sequence files, by position, so the files of one folder have to agree,
    but for columns at the end. JSON in sequence files has no header. -#}
{% macro folder_header(folder, headers) -%}
    {%- set longest = namespace(header='') -%}
    {%- for header in headers if header | length > longest.header | length -%}
        {%- set longest.header = header -%}
    {%- endfor -%}
    {%- for header in headers
        if not (longest.header ~ ',').startswith(header ~ ',') or (longest.header and not header) -%}
        {{- exceptions.raise_compiler_error(
            'The files in ' ~ folder ~ ' of the landing folder have different headers (' ~ header
            ~ ' and ' ~ longest.header ~ '), and a table reads them by position. Keep files of '
            ~ 'different columns in folders of their own.'
        ) -}}
    {%- endfor -%}
    {{- return(longest.header) -}}
{%- endmacro %}

{#- CSV: what the headers name, as text. JSON lines and sequence files: what the contract knows, as
    text. Parquet, Avro and ORC: what files and contract both know, in the contract's types. -#}
{% macro landed_columns(landed, names) -%}
    {%- set columns = [] -%}
    {%- if landed.format == 'csv' -%}
        {%- for name in names -%}
            {%- do columns.append((name, 'varchar')) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for name, data_type in contract_columns(landed.source, landed.table) -%}
            {%- if landed.format in ('json_lines', 'sequence_file') -%}
                {%- do columns.append((name, 'varchar')) -%}
            {%- elif name in names -%}
                {%- do columns.append((name, data_type)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(columns) -}}
{%- endmacro %}

{#- What may land for a source table: its own columns but for derived ones, the lists that become
    child tables, the identifying columns that go to the vault. -#}
{% macro contract_columns(source_name, table_name) -%}
    {%- set columns = [] -%}
    {%- for table in graph.sources.values() -%}
        {%- set meta = table.config.meta -%}
        {%- if table.source_name == source_name and table.name == table_name -%}
            {%- for column in table.columns.values() if not column.config.meta.derived_from -%}
                {%- do columns.append((column.name, column.data_type)) -%}
            {%- endfor -%}
        {%- elif table.source_name == source_name and meta.child_of == table_name -%}
            {%- do columns.append((meta.list_column, landed_list_type(table))) -%}
        {%- elif meta.vault_of == source_name ~ '.' ~ table_name -%}
            {%- for column in table.columns.values()
                if column.config.meta.sensitivity == 'identifying'
                and not column.config.meta.derived_from -%}
                {%- do columns.append((column.name, column.data_type)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}

{#- Behind the parent's key and the position stands what an element holds: a text, or an object. -#}
{% macro landed_list_type(child) -%}
    {%- set fields = [] -%}
    {%- for column in (child.columns.values() | list)[child.config.meta.key | length:] -%}
        {%- do fields.append('"' ~ column.name ~ '" ' ~ column.data_type) -%}
    {%- endfor -%}
    {{- return(
        'array(row(' ~ fields | join(', ') ~ '))' if fields | length > 1 else 'array(varchar)'
    ) -}}
{%- endmacro %}

{#- Hive reads a folder as a whole. -#}
{% macro require_one_format_a_folder(tables) -%}
    {%- set formats = {} -%}
    {%- for landed in tables -%}
        {%- for folder in landed.folders -%}
            {%- do formats.setdefault(folder, []).append(landed.format) -%}
            {%- if formats[folder] | length > 1 -%}
                {{- exceptions.raise_compiler_error(
                    'In the landing folder ' ~ folder ~ ' stand files of the formats '
                    ~ formats[folder] | join(' and ') ~ ', and Hive reads a folder in one format. '
                    ~ 'Keep each format in a folder of its own.'
                ) -}}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
