-- What is ranked is what may be shown: on offer, playable and licensed in the territory on the snapshot day. Of
-- a series only the most promising title.

{% set prior = var('uptake_prior_customers') %}

with

uptakes as (

    select * from {{ ref('score_title_uptakes') }}

),

titles as (

    select * from {{ ref('feat_titles') }}

),

licences as (

    select * from {{ ref('feat_title_licences') }}

),

labels as (

    select * from {{ ref('eval_segment_labels') }}

),

versions as (

    select max(model_version) as model_version
    from labels

),

estimated as (

    select
        *,
        nullif(taste_segment_number, 0) as segment_id,
        candidate_customer_count + {{ prior }} as case_count,
        {{ exact_rate(
            '(taken_customer_count * 1000000 + ' ~ prior ~ ' * prior_units)',
            '((candidate_customer_count + ' ~ prior ~ ') * 1000000)', 6
        ) }} as uptake_rate
    from uptakes

),

shown as (

    select
        estimated.*,
        titles.as_of_date,
        coalesce(titles.series_id, titles.title_id) as top_title_id,
        cast(estimated.uptake_rate * 1000000 as bigint) as uptake_units
    from estimated
    inner join titles
        on estimated.title_id = titles.title_id
    inner join licences
        on
            titles.title_id = licences.title_id
            and (licences.territory_code = 'WW' or estimated.territory_code = licences.territory_code)
    where titles.is_playable

),

best_of_series as (

    select
        *,
        row_number() over (
            partition by taste_segment_number, territory_code, top_title_id
            order by uptake_units desc, taken_customer_count desc, title_id asc
        ) as series_rank
    from shown

),

ranked as (

    select
        *,
        row_number() over (
            partition by taste_segment_number, territory_code
            order by uptake_units desc, taken_customer_count desc, title_id asc
        ) as promotion_rank
    from best_of_series
    where series_rank = 1

)

select
    case
        when versions.model_version is null then 'No taste segments yet'
        else coalesce(labels.segment_label, 'Too little watched yet')
    end as segment_label,
    ranked.territory_code,
    cast(ranked.promotion_rank as integer) as promotion_rank,
    ranked.title_id,
    ranked.segment_id,
    ranked.group_customer_count,
    ranked.candidate_customer_count,
    ranked.taken_customer_count,
    ranked.uptake_rate as predicted_uptake_rate,
    {{ wilson_bound('cast(ranked.uptake_rate as decimal(18, 6))', 'ranked.case_count', '-') }} as uptake_lower_bound,
    {{ wilson_bound('cast(ranked.uptake_rate as decimal(18, 6))', 'ranked.case_count', '+') }} as uptake_upper_bound,
    ranked.as_of_date
from ranked
cross join versions
left join labels
    on ranked.segment_id = labels.segment_id
where ranked.promotion_rank <= {{ var('list_length') }}
