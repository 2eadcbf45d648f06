{% macro subscription_outcomes(told) %}
    {#- Whether those who held a subscription on a day cancelled it within the horizon. Several of one customer
    count as one; another that begins no later than the old one runs out is a change, not a loss.

    Args:
        told: what `told_subscriptions` gives.

    Returns:
        A subquery: one row a customer and as_of_date, with `is_churned`, `left_at` and `cancellation_type`. -#}
    (
        select
            *,
            is_left = 1 and coalesce(next_subscribed_at > service_ended_at, true) as is_churned
        from (
            select
                customer_id,
                as_of_date,
                label_known_date,
                max(case when is_held and last_left_rank = 1 then cancellation_type end) as cancellation_type,
                min(case when is_held and is_left then 1 when is_held then 0 end) as is_left,
                max(case when is_held then left_at end) as left_at,
                max(case when is_held then coalesce(ended_at, left_at) end) as service_ended_at,
                min(case when not is_held then subscribed_at end) as next_subscribed_at
            from (
                select
                    *,
                    subscribed_at < cast(as_of_date as timestamp(6)) as is_held,
                    coalesce(left_at < cast(horizon_end_date as timestamp(6)), false) as is_left,
                    row_number() over (
                        partition by as_of_date, customer_id, subscribed_at < cast(as_of_date as timestamp(6))
                        order by left_at desc, subscription_id asc
                    ) as last_left_rank
                from {{ told }} as told
                where
                    subscribed_at < cast(horizon_end_date as timestamp(6))
                    and (left_at is null or left_at >= cast(as_of_date as timestamp(6)))
            ) as held
            group by customer_id, as_of_date, label_known_date
        ) as outcomes
        where is_left is not null
    )
{% endmacro %}
