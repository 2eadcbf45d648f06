-- What is popular in a segment or territory is counted, and likeness of new titles is read from the catalogue:
-- neither is a trained model with a version.

with

recommendations as (

    select * from {{ ref('score_recommendations') }}

),

decisions as (

    select * from {{ ref('eval_recommender_decisions') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

snapshot as (

    select as_of_date
    from snapshot_dates
    where is_latest

),

versions as (

    select
        model_version,
        status = 'champion' as is_champion,
        algorithm = 'popularity' as is_popularity
    from decisions
    where model_name = 'recommender'

),

personal_version as (

    select model_version from versions
    where is_champion

),

popular_version as (

    select model_version from versions
    where is_popularity

)

select
    recommendations.customer_id,
    recommendations.recommendation_rank,
    recommendations.title_id,
    recommendations.because_title_id,
    recommendations.strategy,
    case recommendations.strategy
        when 'personal' then personal_version.model_version
        when 'popular' then popular_version.model_version
    end as model_version,
    recommendations.score,
    snapshot.as_of_date
from recommendations
cross join snapshot
left join personal_version
    on 1 = 1
left join popular_version
    on 1 = 1
