-- Who could take up a title: all of the group but those who had turned to it before the window. Small groups are
-- drawn towards the segment in all territories, and segments towards everybody, as if so many more customers
-- had done what the larger group did. Only titles that somebody of the segment took up: the rest has no place
-- at the top of a list.

{% set prior = var('uptake_prior_customers') %}

with

members as (

    select * from {{ ref('score_customer_groups') }}

),

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

group_sizes as (

    select
        taste_segment_number,
        territory_code,
        count(*) as customer_count
    from members
    group by taste_segment_number, territory_code

),

segment_sizes as (

    select
        taste_segment_number,
        cast(sum(customer_count) as bigint) as customer_count,
        cast(sum(sum(customer_count)) over () as bigint) as all_customer_count
    from group_sizes
    group by taste_segment_number

),

turned as (

    select
        members.taste_segment_number,
        members.territory_code,
        interactions.title_id,
        case
            when
                interactions.first_interacted_at
                >= cast({{ dbt.dateadd('day', '-' ~ var('uptake_window_days'), 'members.as_of_date') }} as timestamp(6))
                then 1
            else 0
        end as is_recent
    from interactions
    inner join members
        on interactions.customer_id = members.customer_id
    where interactions.watch_count > 0 or interactions.rating_value is not null

),

group_titles as (

    select
        taste_segment_number,
        territory_code,
        title_id,
        cast(sum(is_recent) as bigint) as taken_count,
        cast(sum(1 - is_recent) as bigint) as known_count
    from turned
    group by taste_segment_number, territory_code, title_id

),

segment_titles as (

    select
        taste_segment_number,
        title_id,
        cast(sum(taken_count) as bigint) as taken_count,
        cast(sum(known_count) as bigint) as known_count,
        cast(sum(sum(taken_count)) over (partition by title_id) as bigint) as all_taken_count,
        cast(sum(sum(known_count)) over (partition by title_id) as bigint) as all_known_count
    from group_titles
    group by taste_segment_number, title_id

),

segment_rates as (

    select
        segment_titles.taste_segment_number,
        segment_titles.title_id,
        segment_titles.taken_count,
        segment_sizes.customer_count - segment_titles.known_count as candidate_count,
        cast(
            {{ exact_rate(
                'segment_titles.all_taken_count',
                '(segment_sizes.all_customer_count - segment_titles.all_known_count)', 6
            ) }} * 1000000 as bigint
        ) as prior_units
    from segment_titles
    inner join segment_sizes
        on segment_titles.taste_segment_number = segment_sizes.taste_segment_number
    where segment_titles.taken_count > 0

),

segment_priors as (

    select
        taste_segment_number,
        title_id,
        cast(
            {{ exact_rate(
                '(taken_count * 1000000 + ' ~ prior ~ ' * prior_units)',
                '((candidate_count + ' ~ prior ~ ') * 1000000)', 6
            ) }} * 1000000 as bigint
        ) as prior_units
    from segment_rates

)

select
    group_sizes.taste_segment_number,
    group_sizes.territory_code,
    segment_priors.title_id,
    group_sizes.customer_count as group_customer_count,
    group_sizes.customer_count - coalesce(group_titles.known_count, 0) as candidate_customer_count,
    coalesce(group_titles.taken_count, 0) as taken_customer_count,
    segment_priors.prior_units
from segment_priors
inner join group_sizes
    on segment_priors.taste_segment_number = group_sizes.taste_segment_number
left join group_titles
    on
        group_sizes.taste_segment_number = group_titles.taste_segment_number
        and group_sizes.territory_code = group_titles.territory_code
        and segment_priors.title_id = group_titles.title_id
