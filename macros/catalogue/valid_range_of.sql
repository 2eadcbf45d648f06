{#- What values a column may have, in words: by the contract, and by its tests. -#}
{% macro valid_range_of(column, tests) -%}
    {%- set meta, found = column.config.meta, [] -%}
    {%- set bounds = [meta] -%}
    {%- set values = [meta.get('valid_values')] -%}
    {%- for test in tests -%}
        {%- set arguments = test.test_metadata.kwargs -%}
        {%- if test.test_metadata.name == 'accepted_values' -%}
            {%- do values.append(arguments['values']) -%}
        {%- elif test.test_metadata.name == 'in_range' -%}
            {%- do bounds.append(arguments) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for listed in values if listed -%}
        {%- do found.append('one of ' ~ listed | join(', ')) -%}
    {%- endfor -%}
    {%- for bound in bounds -%}
        {%- set least, most = bound.get('minimum'), bound.get('maximum') -%}
        {%- if least is not none and most is not none -%}
            {%- do found.append(least ~ ' to ' ~ most) -%}
        {%- elif least is not none -%}
            {%- do found.append('at least ' ~ least) -%}
        {%- elif most is not none -%}
            {%- do found.append('at most ' ~ most) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if meta.get('pattern') -%}
        {%- do found.append('matches ' ~ meta.pattern) -%}
    {%- endif -%}
    {%- if meta.get('not_before') -%}
        {%- do found.append('not before ' ~ meta.not_before) -%}
    {%- endif -%}
    {%- if meta.get('is_nullable') is sameas false -%}
        {%- do found.append('never null') -%}
    {%- endif -%}
    {{- return(found | unique | join('; ')) -}}
{%- endmacro %}
