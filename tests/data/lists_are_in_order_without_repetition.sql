-- Personal titles first, then the country's, then everybody's; within each by score, then id.

with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

ordered as (

    select
        customer_id,
        title_id,
        recommendation_rank,
        row_number() over (
            partition by customer_id
            order by
                case strategy
                    when 'personal' then 1
                    when 'territory' then 2
                    else 3
                end asc,
                score desc,
                title_id asc
        ) as expected_rank,
        count(*) over (partition by customer_id, title_id) as repetition_count
    from recommendations

)

select
    customer_id,
    title_id,
    recommendation_rank,
    expected_rank
from ordered
where
    recommendation_rank <> expected_rank
    or repetition_count > 1
