with

scores as (

    select * from {{ ref('score_next_titles') }}

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

champion as (

    select model_version
    from decisions
    where model_name = 'next_title' and status = 'champion'

)

select
    scores.customer_id,
    scores.next_title_rank,
    scores.title_id,
    scores.after_title_id,
    champion.model_version,
    scores.next_title_probability,
    snapshot.as_of_date
from scores
cross join champion
cross join snapshot
