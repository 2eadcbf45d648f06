{#- At the end of a run: what each incremental model that succeeded has now processed. That is what the
    lake held when the run started: what was committed meanwhile counts as new for the next one. -#}
{% macro record_model_loads(results) -%}
    {%- if is_writing() -%}
        {%- set rows = [] -%}
        {%- for result in results if result.status == 'success' and result.node.config.materialized == 'incremental' -%}
            {%- do rows.append("('" ~ result.node.name ~ "', '" ~ definition_hash(result.node) ~ "')") -%}
        {%- endfor -%}
        {%- if rows -%}
            insert into audit.model_loads
            select
                built.model_name,
                built.definition_hash,
                started.load_id,
                started.lake_byte_count,
                started.invocation_id,
                cast(current_timestamp at time zone 'UTC' as timestamp(6))
            from audit.build_events as started
            cross join (values {{ rows | join(', ') }}) as built (model_name, definition_hash)
            where started.invocation_id = '{{ invocation_id }}' and started.event_name = 'started'
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
