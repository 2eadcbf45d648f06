-- The same rating may come in two files, and two values for one moment may come from a correction:
-- the earliest received wins, because what was known before a day must not change after it, then
-- the higher value; never the order of loading.

with

ratings as (

    select * from {{ ref('stg_social__ratings') }}

),

versions as (

    select
        *,
        row_number() over (
            partition by customer_id, title_id, network_name, rated_at
            order by received_at asc, rating_value desc, load_id asc, row_number asc
        ) as version_rank
    from ratings

)

select
    customer_id,
    title_id,
    network_name,
    rating_value,
    row_number() over (
        partition by customer_id, title_id
        order by rated_at desc, network_name asc
    ) = 1 as is_current,
    rated_at,
    received_at,
    load_id
from versions
where version_rank = 1
