{#- Creates an external Hive table unless it is there with the same definition. A changed one is made
    anew: that touches metadata only, the files stay. The definition's hash stands in the table's own
    properties, so that no catalogue of ours can disagree with the real one.

    columns: pairs of name and type; partition_columns: names, all varchar; properties: SQL literals. -#}
{% macro create_hive_table(relation, columns, properties, partition_columns=[]) -%}
    {%- set declared = [] -%}
    {%- for name, data_type in columns -%}
        {%- do declared.append('"' ~ name ~ '" ' ~ data_type) -%}
    {%- endfor -%}
    {%- for name in partition_columns -%}
        {%- do declared.append('"' ~ name ~ '" varchar') -%}
    {%- endfor -%}
    {%- set settings = [] -%}
    {%- for name, literal in properties.items() -%}
        {%- do settings.append(name ~ ' = ' ~ literal) -%}
    {%- endfor -%}
    {%- if partition_columns -%}
        {%- do settings.append("partitioned_by = array['" ~ partition_columns | join("', '") ~ "']") -%}
    {%- endif -%}
    {%- set definition = '(' ~ declared | join(', ') ~ ') with (' ~ settings | join(', ') -%}
    {%- set fingerprint = local_md5(definition) -%}

    {%- set existing = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- if existing is not none -%}
        {%- set properties_of = relation.incorporate(path={'identifier': relation.identifier ~ '$properties'}) -%}
        {%- set found = run_query('select * from ' ~ properties_of) -%}
        {%- if 'marquee.definition' in found.column_names
            and found.rows[0]['marquee.definition'] == fingerprint -%}
            {{- return(false) -}}
        {%- endif -%}
        {%- do run_query('drop table ' ~ relation) -%}
    {%- endif -%}
    {%- do run_query(
        'create table ' ~ relation ~ ' ' ~ definition
        ~ ", extra_properties = map(array['marquee.definition'], array['" ~ fingerprint ~ "']))"
    ) -%}
    {{- return(true) -}}
{%- endmacro %}
