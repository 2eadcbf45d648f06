with

similar_titles as (

    select * from {{ ref('score_similar_titles') }}

)

select
    title_id,
    method,
    similarity_rank,
    similar_title_id,
    similarity_score
from similar_titles
