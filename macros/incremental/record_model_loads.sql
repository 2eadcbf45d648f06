{#- At the end of a run: up to which load each incremental model that succeeded has now processed the
    lake. That is what the manifest of the build held, and not more than what the models before it have
    processed: where only a part of the graph ran, they may be behind. -#}
{% macro record_model_loads(results, manifest) -%}
    {%- if is_writing() -%}
        {%- set succeeded = results | selectattr('status', 'equalto', 'success')
            | map(attribute='node') | map(attribute='unique_id') | list -%}
        {%- set models = incremental_models() | selectattr('unique_id', 'in', succeeded) | list -%}
        {%- if models -%}
            {%- set files = run_query(
                'select load_id, concat(cast(byte_count as varchar), cast(ingested_at as varchar)) from ' ~ manifest
            ).rows -%}
            {%- set seen = files | map(attribute=0) | max | default(0, true) -%}
            {%- set processed, rows = {}, [] -%}
            {%- for row in model_loads() -%}
                {%- do processed.update({row[0]: row[2]}) -%}
            {%- endfor -%}
            {%- for node in incremental_models() -%}
                {%- set before = [seen] -%}
                {%- for other in incremental_models() if other.name != node.name and other.unique_id in ancestors(node) -%}
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
