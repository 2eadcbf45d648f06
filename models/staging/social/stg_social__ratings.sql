with

ratings as (

    select * from {{ source('social', 'ratings') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    ratings.customer_id,
    ratings.title_id,
    coalesce(ratings.network_name, 'unknown') as network_name,
    ratings.rating_value,
    ratings.rated_at,
    coalesce(ratings.received_at, ratings.rated_at) as received_at,
    file_manifest.file_key,
    ratings._row_number as row_number,
    file_manifest.load_id
from ratings
inner join file_manifest
    on ratings._file_key = file_manifest.generation_key
