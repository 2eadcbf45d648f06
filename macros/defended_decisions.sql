{#- The recorded rule, applied to what accepted_figures gives: a champion that the registry names goes on unless an
    accepted version is better than it beyond the interval; else the best accepted version is champion, and without
    one the baseline, if it is among the versions. Ties go to the first name. -#}
{% macro defended_decisions(accepted) -%}
    select
        model_name,
        model_version,
        algorithm,
        case
            when choice_rank = 1 and (is_met or is_registered_champion or is_baseline) then 'champion'
            when is_met or is_baseline then 'challenger'
            else 'rejected'
        end as status,
        deciding_split,
        deciding_metric,
        case when not is_baseline then gain_criterion end as criterion,
        training_fingerprint,
        specification,
        package_versions,
        code_version,
        training_row_count,
        deciding_value,
        baseline_value,
        least_gain,
        is_met
    from (
        select
            accepted.*,
            row_number() over (
                partition by accepted.model_name
                order by
                    case
                        when
                            accepted.is_met
                            and (accepted.defender_count = 0 or coalesce(accepted.least_gain_over_champion > 0, false))
                            then 0
                        when accepted.is_registered_champion and not accepted.is_baseline then 1
                        when accepted.is_baseline and not accepted.is_registered_champion then 2
                        when accepted.is_baseline then 3
                        else 4
                    end asc,
                    case when accepted.deciding_value is null then 1 else 0 end asc,
                    accepted.deciding_value desc,
                    accepted.algorithm asc,
                    accepted.model_version asc
            ) as choice_rank
        from {{ accepted }} as accepted
    ) as ranked
{%- endmacro %}
