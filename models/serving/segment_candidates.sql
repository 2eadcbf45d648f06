-- What training wrote down about each number of segments, one row instead of one a figure.

{% set figures = [
    'explained_share', 'silhouette', 'stability', 'stability_lower_bound', 'stability_upper_bound', 'smallest_share'
] %}

with

artifacts as (

    select * from {{ ref('train_segments') }}

),

described as (

    select
        model_name,
        model_version,
        entry_id,
        {% for figure in ['sum_of_squares', 'is_eligible'] + figures %}
            max(case when field_name = '{{ figure }}' then entry_text end) as {{ figure }}_text,
        {% endfor %}
        max(case when field_name = 'is_chosen' then entry_text end) as is_chosen_text
    from artifacts
    where artifact_name = 'candidate'
    group by model_name, model_version, entry_id

)

select
    model_name,
    model_version,
    cast(entry_id as bigint) as segment_count,
    cast(sum_of_squares_text as decimal(18, 8)) as sum_of_squares,
    {% for figure in figures %}
        cast({{ figure }}_text as decimal(12, 8)) as {{ figure }},
    {% endfor %}
    is_eligible_text = 'true' as is_eligible,
    is_chosen_text = 'true' as is_selected
from described
