{#- Hive takes any time in Avro for milliseconds, so it is read as the number that was written: of
    milliseconds, microseconds or nanoseconds, which its size tells for times from 1973-03-03 on. -#}
{% macro avro_values(columns) -%}
    {%- set values = [] -%}
    {%- for name, data_type in columns -%}
        {%- set column = '"' ~ name ~ '"' -%}
        {%- if data_type == 'timestamp(6)' -%}
            {%- do values.append(
                'try(cast(from_unixtime_nanos(cast(' ~ column ~ ' as decimal(38, 0)) * case when abs('
                ~ column ~ ') < 100000000000000 then 1000000 when abs(' ~ column
                ~ ") < 100000000000000000 then 1000 else 1 end) at time zone 'UTC' as timestamp(6))) as "
                ~ column
            ) -%}
        {%- else -%}
            {%- do values.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(values | join(', ')) -}}
{%- endmacro %}
