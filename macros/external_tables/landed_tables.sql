{#- What has landed, by source table and format, from the manifest: engines can't list folders.

    Each entry has name, source, table, format, columns (pairs of name and type), folders, and the
    suffixes of the files in each folder. -#}
{% macro landed_tables() -%}
    {%- set found = run_query(
        "select source_name, table_name, file_format, regexp_replace(file_name, '/[^/]*$', '') as folder, "
        ~ "regexp_replace(file_name, '^.*?(\\.[A-Za-z]+(\\.gz)?)$', '\\1') as suffix, column_names "
        ~ 'from ' ~ source('marquee', 'file_manifest')
        ~ ' group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6'
    ) -%}
    {%- set tables = {} -%}
    {%- for source_name, table_name, format, folder, suffix, header in found.rows -%}
        {%- set name = source_name ~ '__' ~ table_name ~ '__' ~ format -%}
        {%- set landed = tables.setdefault(name, {
            'name': name, 'source': source_name, 'table': table_name, 'format': format,
            'headers': [], 'folders': {}
        }) -%}
        {%- set suffixes = landed.folders.setdefault(folder, []) -%}
        {%- if suffix not in suffixes -%}{%- do suffixes.append(suffix) -%}{%- endif -%}
        {%- if header is not none and header not in landed.headers -%}
            {%- do landed.headers.append(header) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for landed in tables.values() -%}
        {%- do landed.update({'columns': landed_columns(landed)}) -%}
    {%- endfor -%}
    {{- return(tables.values() | list) -}}
{%- endmacro %}

{#- CSV: the header of the files, as text; Hive reads by position, so they have to agree but for
    columns at the end. JSON lines: what the contract knows, as text. Parquet: what the files and the
    contract both know, in the contract's types. -#}
{% macro landed_columns(landed) -%}
    {%- set columns = [] -%}
    {%- set longest = namespace(header='') -%}
    {%- for header in landed.headers if header | length > longest.header | length -%}
        {%- set longest.header = header -%}
    {%- endfor -%}
    {%- set names = longest.header.split(',') -%}
    {%- if landed.format == 'csv' -%}
        {%- for header in landed.headers if not (longest.header ~ ',').startswith(header ~ ',') -%}
            {{- exceptions.raise_compiler_error(
                'The CSV files of ' ~ landed.source ~ '/' ~ landed.table ~ ' have different headers ('
                ~ header ~ ' and ' ~ longest.header ~ '), and a table reads them by position. Land '
                ~ 'them with the same columns in the same order; new columns come last.'
            ) -}}
        {%- endfor -%}
        {%- for name in names -%}
            {%- do columns.append((name, 'varchar')) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for name, data_type in contract_columns(landed.source, landed.table) -%}
            {%- if landed.format == 'json_lines' -%}
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
            {%- do columns.append((meta.list_column, 'array(varchar)')) -%}
        {%- elif meta.vault_of == source_name ~ '.' ~ table_name -%}
            {%- for column in table.columns.values()
                if column.config.meta.sensitivity == 'identifying' -%}
                {%- do columns.append((column.name, column.data_type)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}
