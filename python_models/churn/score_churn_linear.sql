-- What the best linear version says of the customers of the newest snapshot day, by SQL alone and exact:
-- sums of products of decimals. No probability, for that needs an exponential function, which engines
-- round differently; 1 / (1 + exp(-linear_log_odds)) is in the same order.

with

snapshots as (

    select * from {{ ref('feat_customer_snapshots') }}

),

terms as (

    select * from {{ ref('train_churn_linear_terms') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from snapshots

),

customers as (

    select snapshots.*
    from snapshots
    inner join latest
        on snapshots.as_of_date = latest.as_of_date
    where not coalesce(snapshots.is_cancelled, false)

),

valued as (

    select
        customers.customer_id,
        customers.as_of_date,
        terms.model_version,
        terms.term,
        terms.category,
        terms.weight,
        {{ value_of_feature(ref('feat_customer_snapshots'), 'customers', 'terms.feature') }} as known_number,
        {{ value_of_feature(ref('feat_customer_snapshots'), 'customers', 'terms.feature', is_text=true) }} as known_text
    from customers
    cross join terms

),

weighed as (

    select
        *,
        cast(
            case term
                when 'value' then coalesce(known_number, 0)
                when 'missing' then case when known_number is null then 1 else 0 end
                when 'category' then case when coalesce(known_text, '') = category then 1 else 0 end
                else 1
            end as decimal(27, 8)
        ) as term_value
    from valued

)

select
    customer_id,
    model_version,
    cast(round(sum(term_value * weight), 12) as decimal(18, 12)) as linear_log_odds,
    as_of_date
from weighed
group by customer_id, as_of_date, model_version
