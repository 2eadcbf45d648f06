{#- Who is accepted, of what deciding_figures gives: a version of which the whole 95 % interval of its gain over the
    baseline lies above the minimum, and which reaches both success criteria of its specification (is_met, null for
    the baseline itself). A registered champion defends its place, but a baseline defends nothing: the newest one
    has seen most. -#}
{% macro accepted_figures(figures) -%}
    select
        {{ figures }}.*,
        count(case when {{ figures }}.is_registered_champion and not {{ figures }}.is_baseline then 1 end) over (
            partition by {{ figures }}.model_name
        ) as defender_count,
        case
            when not {{ figures }}.is_baseline
                then coalesce(
                    {{ figures }}.least_gain > {{ figures }}.minimum_gain and {{ figures }}.least_surplus >= 0, false
                )
        end as is_met
    from {{ figures }}
{%- endmacro %}
