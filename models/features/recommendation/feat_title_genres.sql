with

title_genres as (

    select * from {{ ref('int_title_genres') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

)

select
    title_genres.title_id,
    title_genres.genre_name,
    snapshot_dates.as_of_date
from title_genres
cross join snapshot_dates
