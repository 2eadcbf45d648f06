{#- At the end of a run: up to which load each incremental model that succeeded has now processed the
    lake. That is what the manifest of the build held, and not more than what the models before it have
    processed: where only a part of the graph ran, they may be behind. -#}
{% macro record_model_loads(results, manifest) -%}
    {%- if is_writing() -%}
        {%- set succeeded = results | selectattr('status', 'equalto', 'success')
            | map(attribute='node') | map(attribute='unique_id') | list -%}
        {%- set models = incremental_models() -%}
        {%- if models | selectattr('unique_id', 'in', succeeded) | list -%}
            {%- set files = lake_files(manifest) -%}
            {%- set seen = files | map(attribute=0) | max | default(0, true) -%}
            {%- set processed, rows = {}, [] -%}
            {%- for row in model_loads() -%}
                {%- do processed.update({row[0]: row[2]}) -%}
            {%- endfor -%}
            {%- for node in models -%}
                {%- set before, parents = [seen], ancestors(node) -%}
                {%- for other in models if other.name != node.name and other.unique_id in parents -%}
                    {%- do before.append(processed.get(other.name, 0)) -%}
                {%- endfor -%}
                {%- if node.unique_id in succeeded -%}
                    {%- do processed.update({node.name: before | min}) -%}
                    {%- do rows.append(
                        "('" ~ node.name ~ "', '" ~ definition_hash(node) ~ "', " ~ before | min ~ ", '"
                        ~ lake_proof(files, before | min) ~ "', '" ~ invocation_id
                        ~ "', cast(current_timestamp at time zone 'UTC' as timestamp(6)))"
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
            insert into audit.model_loads values {{ rows | join(', ') }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
