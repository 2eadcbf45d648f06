{#- Before anything runs: every column has a description, a type and a sensitivity, every table an owner. -#}
{% macro check_declarations() -%}
    {%- if is_writing() -%}
        {%- set inherited, missing = inherited_sensitivities(), [] -%}
        {%- for entry in catalogued() -%}
            {%- if not entry.owner -%}
                {%- do missing.append(entry.relation ~ ': config.meta.owner') -%}
            {%- endif -%}
            {%- if not entry.node.columns -%}
                {%- do missing.append(entry.relation ~ ': columns') -%}
            {%- endif -%}
            {%- for column in entry.node.columns.values() -%}
                {%- set gaps = [] -%}
                {%- if not column.description -%}{%- do gaps.append('description') -%}{%- endif -%}
                {%- if not data_type_of(entry.node, column) -%}{%- do gaps.append('data_type') -%}{%- endif -%}
                {%- if sensitivity_of(entry.node, column, inherited) not in
                    ['public', 'internal', 'personal', 'identifying'] -%}
                    {%- do gaps.append('config.meta.sensitivity (public, internal or personal)') -%}
                {%- endif -%}
                {%- if gaps -%}
                    {%- do missing.append(entry.relation ~ '.' ~ column.name ~ ': ' ~ gaps | join(', ')) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if missing -%}
            {{- exceptions.raise_compiler_error(
                'Undeclared, add to the YAML beside the model:\n  ' ~ missing[:20] | join('\n  ')
                ~ ('\n  and ' ~ (missing | length - 20) ~ ' more' if missing | length > 20 else '')
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
