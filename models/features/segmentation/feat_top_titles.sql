-- What was chosen when a title was played: of an episode the series, for who binges one series has chosen
-- once. Titles as the newest catalogue before the newest snapshot day lists them.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}
    where is_latest

),

titles as (

    select * from {{ ref('dim_title_versions') }}

),

states as (

    select
        titles.title_id,
        windows.as_of_date,
        titles.series_id,
        row_number() over (partition by titles.title_id order by titles.valid_from_date desc) as state_rank
    from titles
    inner join windows
        on titles.valid_from_date < windows.as_of_date

)

select
    title_id,
    as_of_date,
    coalesce(series_id, title_id) as top_title_id
from states
where state_rank = 1
