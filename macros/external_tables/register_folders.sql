{#- Partitions of a table of landed files: one for each folder, none for folders that are gone. -#}
{% macro register_folders(files, folders) -%}
    {%- set partitions = files.incorporate(path={'identifier': files.identifier ~ '$partitions'}) -%}
    {%- set known = run_query('select landing_folder from ' ~ partitions).columns[0].values() -%}
    {%- set call = 'call ' ~ files.database ~ '.system.' -%}
    {%- set table = "'landing', '" ~ files.identifier ~ "', array['landing_folder'], " -%}
    {%- for folder in folders if folder not in known -%}
        {%- set name = folder | replace("'", "''") -%}
        {%- do run_query(
            call ~ 'register_partition(' ~ table ~ "array['" ~ name ~ "'], '" ~ landing_uri(name) ~ "')"
        ) -%}
    {%- endfor -%}
    {%- for folder in known if folder not in folders -%}
        {%- do run_query(call ~ 'unregister_partition(' ~ table ~ "array['" ~ folder | replace("'", "''") ~ "'])") -%}
    {%- endfor -%}
{%- endmacro %}
