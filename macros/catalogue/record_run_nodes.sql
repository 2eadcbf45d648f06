{#- At the end of a run: how each node ended, how long it took, and how many rows its table has. Messages
    stay out: they may quote values. -#}
{% macro record_run_nodes(results) -%}
    {%- if is_writing() and results -%}
        {%- set counts, rows = built_row_counts(results), [] -%}
        {%- for result in results -%}
            {%- set node, moments = result.node, {} -%}
            {%- for timing in result.timing -%}
                {%- do moments.update({timing.name: timing}) -%}
            {%- endfor -%}
            {%- set executed = moments.get('execute') -%}
            {%- set count = counts.get(node.unique_id) -%}
            {%- do rows.append(
                "('" ~ invocation_id ~ "', '" ~ node.unique_id ~ "', '"
                ~ watched_relation(node)
                ~ "', '" ~ node.resource_type ~ "', '" ~ result.status ~ "', "
                ~ (count if count is not none else 'null') ~ ', '
                ~ (result.failures if result.failures is not none else 'null') ~ ', '
                ~ (result.execution_time * 1000) | round | int
                ~ (", cast('" ~ executed.started_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "' as timestamp(6)), cast('"
                    ~ executed.completed_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "' as timestamp(6)))"
                    if executed else ', null, null)')
            ) -%}
        {%- endfor -%}
        insert into audit.run_nodes
        select
            invocation_id, node_id, nullif(relation_name, ''), node_type, node_status,
            cast(built_row_count as bigint), cast(failing_row_count as bigint), cast(execution_ms as bigint),
            cast(started_at as timestamp(6)), cast(node_finished_at as timestamp(6))
        from (values {{ rows | join(', ') }}) as recorded (
            invocation_id, node_id, relation_name, node_type, node_status, built_row_count, failing_row_count,
            execution_ms, started_at, node_finished_at
        )
    {%- endif -%}
{%- endmacro %}
