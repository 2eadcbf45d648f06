{#- One row of audit.build_events. A build is whole if it runs every node: the command is `build`
    and nothing was selected, excluded, sampled, deferred or left empty, no definition was overridden
    and the snapshot day is the present one. What the lake held at that moment is told by its newest
    file and its bytes: two lakes of as many files differ in those. -#}
{% macro build_event(
    event_name, node_count=none, failure_count=none, warning_count=none, public_relations=none
) -%}
    {%- set arguments = invocation_args_dict -%}
    {%- set is_partial = (
        arguments.get('select') or arguments.get('exclude') or arguments.get('selector')
        or arguments.get('resource_types') or arguments.get('exclude_resource_types')
        or arguments.get('empty') or arguments.get('sample') or arguments.get('vars')
        or arguments.get('defer') or arguments.get('favor_state')
        or env_var('MARQUEE_AS_OF_DATE', '')
    ) -%}
    insert into audit.build_events
    select
        '{{ invocation_id }}',
        '{{ event_name }}',
        '{{ flags.WHICH }}',
        {{ "'" ~ public_relations | join(',') ~ "'" if public_relations else 'null' }},
        cast({{ node_count if node_count is not none else 'null' }} as integer),
        cast({{ failure_count if failure_count is not none else 'null' }} as integer),
        cast({{ warning_count if warning_count is not none else 'null' }} as integer),
        coalesce(max(load_id), 0),
        cast(coalesce(sum(byte_count), 0) as bigint),
        {{ 'true' if flags.WHICH == 'build' and not is_partial else 'false' }},
        cast(current_timestamp at time zone 'UTC' as timestamp(6))
    from {{ source('marquee', 'file_manifest') }}
{%- endmacro %}
