{#- What customers like of each genre: the root of its share, in millionths, so that rare genres tell as much as
    common ones (Hellinger distance).

    Arguments: CTEs. `plays` of top_title_plays, `audiences` of feat_title_audiences. -#}
{% macro genre_tastes(plays, audiences) -%}
    select
        totals.customer_id,
        totals.as_of_date,
        'genre:' || totals.genre_name as taste_feature,
        {{ exact_root(exact_rate('totals.genre_weight', 'totals.total_weight', 12) ~ ' * 1000000000000') }}
            as feature_units
    from (
        select
            genres.*,
            cast(
                sum(genres.genre_weight) over (partition by genres.customer_id, genres.as_of_date) as bigint
            ) as total_weight
        from (
            select
                {{ plays }}.customer_id,
                {{ plays }}.as_of_date,
                {{ audiences }}.genre_name,
                cast(
                    sum(
                        {{ plays }}.play_weight
                        * cast({{ audiences }}.audience_share_rate * 1000000 as bigint)
                    ) as bigint
                ) as genre_weight
            from {{ plays }}
            inner join {{ audiences }}
                on {{ plays }}.top_title_id = {{ audiences }}.top_title_id
            group by {{ plays }}.customer_id, {{ plays }}.as_of_date, {{ audiences }}.genre_name
        ) as genres
    ) as totals
{%- endmacro %}
