{#- At the end of a run: up to which load each incremental model that succeeded has now processed the
    lake. That is what the manifest of the build held, and not more than what the models before it have
    processed: where only a part of the graph ran, they may be behind. -#}
{% macro record_model_loads(results, manifest) -%}
    {%- if is_writing() -%}
        {%- set succeeded = results | selectattr('status', 'equalto', 'success')
            | map(attribute='node') | map(attribute='unique_id') | list -%}
        {%- set models = incremental_models() | selectattr('unique_id', 'in', succeeded) | list -%}
        {%- if models -%}
            {%- set seen = run_query('select coalesce(max(load_id), 0) from ' ~ manifest).rows[0][0] -%}
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
                    {%- do rows.append("('" ~ node.name ~ "', '" ~ definition_hash(node) ~ "', " ~ before | min ~ ")") -%}
                {%- endif -%}
            {%- endfor -%}
            insert into audit.model_loads
            select
                built.model_name,
                built.definition_hash,
                cast(built.load_id as bigint),
                (
                    select cast(coalesce(sum(files.byte_count), 0) as bigint)
                    from {{ manifest }} as files
                    where files.load_id <= built.load_id
                ),
                '{{ invocation_id }}',
                cast(current_timestamp at time zone 'UTC' as timestamp(6))
            from (values {{ rows | join(', ') }}) as built (model_name, definition_hash, load_id)
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
