with

posts as (

    select * from {{ ref('fct_posts') }}

),

networks as (

    select
        network_name,
        count(*) as network_post_count
    from posts
    group by network_name

),

rules as (

    select 'explicit' as match_rule
    union all
    select 'hashtag' as match_rule
    union all
    select 'name' as match_rule
    union all
    select 'none' as match_rule

),

totals as (

    select
        network_name,
        match_rule,
        count(*) as post_count,
        count(case when is_ambiguous then 1 end) as ambiguous_post_count
    from posts
    group by network_name, match_rule

)

select
    networks.network_name,
    rules.match_rule,
    coalesce(totals.post_count, 0) as post_count,
    coalesce(totals.ambiguous_post_count, 0) as ambiguous_post_count,
    {{ exact_rate('coalesce(totals.post_count, 0)', 'networks.network_post_count') }}
        as post_share_rate
from networks
cross join rules
left join totals
    on
        networks.network_name = totals.network_name
        and rules.match_rule = totals.match_rule
