{% macro told_subscriptions(versions, horizons) %}
    {#- What was known of each subscription when the extract had come that shows the last day of a horizon.

    Args:
        versions: relation int_subscription_versions.
        horizons: relation with as_of_date, horizon_end_date and cancellations_known_date, one row a day.

    Returns:
        A subquery: one row a subscription and day, with `left_at`, the decision that ended it. -#}
    (
        select *
        from (
            select
                horizons.as_of_date,
                horizons.horizon_end_date,
                horizons.cancellations_known_date as label_known_date,
                versions.subscription_id,
                versions.customer_id,
                versions.cancellation_type,
                versions.subscribed_at,
                versions.ended_at,
                -- What left the extracts had ended at the first one without it.
                coalesce(
                    versions.cancelled_at,
                    versions.ended_at,
                    case
                        when versions.valid_to_date < horizons.cancellations_known_date
                            then cast(versions.valid_to_date as timestamp(6))
                    end
                ) as left_at,
                row_number() over (
                    partition by horizons.as_of_date, versions.subscription_id
                    order by versions.valid_from_date desc
                ) as recency_rank
            from {{ versions }} as versions
            inner join {{ horizons }} as horizons
                on versions.valid_from_date < horizons.cancellations_known_date
        ) as known
        where recency_rank = 1
    )
{% endmacro %}
