-- Labels in plain words: the champion's traits, said with the seed's phrases. Should two segments have the same
-- words, their numbers tell them apart.

with

artifacts as (

    select * from {{ ref('train_segments') }}

),

decisions as (

    select * from {{ ref('eval_segment_decisions') }}
    where status = 'champion'

),

phrases as (

    select * from {{ ref('segment_labels') }}

),

traits as (

    select
        artifacts.model_version,
        artifacts.entry_id,
        {% for rank in [1, 2, 3] %}
            max(case when artifacts.field_name = 'trait_{{ rank }}_feature' then artifacts.entry_text end)
                as feature_{{ rank }},
            max(case when artifacts.field_name = 'trait_{{ rank }}_level' then artifacts.entry_text end)
                as level_{{ rank }},
        {% endfor %}
        max(case when artifacts.field_name = 'customer_count' then artifacts.entry_text end) as customer_count_text
    from artifacts
    inner join decisions
        on artifacts.model_version = decisions.model_version
    where artifacts.artifact_name = 'segment'
    group by artifacts.model_version, artifacts.entry_id

),

worded as (

    select
        traits.model_version,
        traits.entry_id,
        {% for rank in [1, 2, 3] %}
            coalesce(
                case traits.level_{{ rank }}
                    when 'high' then phrases_{{ rank }}.high_label
                    else phrases_{{ rank }}.low_label
                end,
                case traits.level_{{ rank }} when 'high' then '' else 'little ' end
                || regexp_replace(traits.feature_{{ rank }}, '^[a-z]+:', '')
            ) as phrase_{{ rank }},
        {% endfor %}
        traits.customer_count_text
    from traits
    {% for rank in [1, 2, 3] %}
        left join phrases as phrases_{{ rank }}
            on traits.feature_{{ rank }} = phrases_{{ rank }}.taste_feature
    {% endfor %}

),

joined as (

    select
        model_version,
        try_cast(entry_id as bigint) as segment_id,
        try_cast(customer_count_text as bigint) as training_customer_count,
        coalesce(phrase_1, 'like everybody') || coalesce(', ' || phrase_2, '') || coalesce(', ' || phrase_3, '')
            as segment_words
    from worded

),

counted as (

    select
        *,
        count(*) over (partition by segment_words) as same_words_count
    from joined

)

select
    segment_id,
    model_version,
    upper(substr(segment_words, 1, 1)) || substr(segment_words, 2)
    || case when same_words_count > 1 then ' (' || cast(segment_id as varchar) || ')' else '' end as segment_label,
    training_customer_count
from counted
