-- Personal titles first, then the segment's, the country's and everybody's; within each by score, then id.
-- A new title has its set place among them.

with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

repeated as (

    select
        customer_id,
        title_id
    from recommendations
    group by customer_id, title_id
    having count(*) > 1

),

ordered as (

    select
        customer_id,
        title_id,
        row_number() over (
            partition by customer_id
            order by recommendation_rank asc
        ) as actual_rank,
        row_number() over (
            partition by customer_id
            order by
                case strategy
                    when 'personal' then 1
                    when 'segment' then 2
                    when 'territory' then 3
                    else 4
                end asc,
                score desc,
                title_id asc
        ) as expected_rank
    from recommendations
    where strategy <> 'new'

)

select
    customer_id,
    title_id
from ordered
where actual_rank <> expected_rank
union all
select
    customer_id,
    title_id
from repeated
