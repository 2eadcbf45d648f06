{#- The artefacts of the versions that usable_versions gives, with is_champion. To be put behind it. -#}
{% macro artifacts_of_usable(model_name) -%}
    select
        artifacts.model_name,
        artifacts.model_version,
        artifacts.algorithm,
        artifacts.artifact_name,
        artifacts.entry_id,
        artifacts.field_name,
        artifacts.entry_text,
        usable.is_champion
    from artifacts
    inner join usable
        on artifacts.model_version = usable.model_version
    where artifacts.model_name = '{{ model_name }}'
{%- endmacro %}
