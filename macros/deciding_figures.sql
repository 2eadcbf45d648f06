{#- One row a model version: the figures that the recorded rule looks at, of the split that decides.

    Arguments: CTEs. `evaluations` of the rows of one model whose splits decide, `criteria` of the seed
    model_criteria. -#}
{% macro deciding_figures(evaluations, criteria) -%}
    {%- set version_columns = [
        'model_name', 'model_version', 'algorithm', 'split', 'training_fingerprint', 'specification',
        'package_versions', 'code_version', 'training_row_count'
    ] -%}
    select
        {% for column in version_columns -%}
            {{ evaluations }}.{{ column }}{{ ' as deciding_split' if column == 'split' }},
        {% endfor -%}
        {{ criteria }}.metric as deciding_metric,
        {{ criteria }}.minimum_gain,
        {{ evaluations }}.algorithm = {{ criteria }}.baseline_algorithm as is_baseline,
        'the 95 % interval of the gain over ' || {{ criteria }}.baseline_algorithm || ' lies above '
        || cast({{ criteria }}.minimum_gain as varchar) || ', and both success criteria are reached' as gain_criterion,
        {% for figure, column in [
            ('value', 'deciding_value'), ('baseline_value', 'baseline_value'), ('difference_lower_bound', 'least_gain')
        ] -%}
            max(
                case when {{ evaluations }}.metric = {{ criteria }}.metric then {{ evaluations }}.{{ figure }} end
            ) as {{ column }},
        {% endfor -%}
        min(
            case
                when {{ evaluations }}.metric in ('technical_criterion', 'business_criterion')
                    then {{ evaluations }}.difference
            end
        ) as least_surplus,
        max(
            case when {{ evaluations }}.metric = 'gain_over_champion' then {{ evaluations }}.difference_lower_bound end
        ) as least_gain_over_champion,
        count(case when {{ evaluations }}.metric = 'registered_champion' then 1 end) > 0 as is_registered_champion
    from {{ evaluations }}
    inner join {{ criteria }}
        on {{ evaluations }}.model_name = {{ criteria }}.model_name
    group by
        {% for column in version_columns -%}
            {{ evaluations }}.{{ column }},
        {% endfor -%}
        {{ criteria }}.metric,
        {{ criteria }}.baseline_algorithm,
        {{ criteria }}.minimum_gain
{%- endmacro %}
