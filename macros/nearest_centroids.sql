{#- The nearest centroid of each customer and day, the one with the lower number of two that are equally near. In whole
    numbers, so that every engine gives the answer of marquee.ml.segmentation.clustering.assign. Who has fewer plays
    than the version asks for has none.

    The square of a difference is x² - 2xc + c². The x² are the same for all centroids and left out, and the
    sum of c² is one number a centroid, so features that a customer has no row for need none. -#}
{% macro nearest_centroids(tastes, centroids) -%}
    {%- set is_known = 'known_play_count >= (select max(minimum_play_count) from ' ~ centroids ~ ')' -%}
    select ranked.customer_id, ranked.as_of_date, ranked.segment_id
    from (
        select
            compared.*,
            row_number() over (
                partition by compared.customer_id, compared.as_of_date
                order by compared.distance_measure asc, compared.segment_id asc
            ) as nearness_rank
        from (
            select
                members.*,
                norms.segment_id,
                norms.centroid_norm - 2 * coalesce(products.product, cast(0 as decimal(38, 0)))
                    as distance_measure
            from (select distinct customer_id, as_of_date from {{ tastes }} where {{ is_known }}) as members
            cross join (
                select
                    segment_id,
                    cast(sum(centroid_units * centroid_units * feature_weight) as decimal(38, 0)) as centroid_norm
                from {{ centroids }}
                group by segment_id
            ) as norms
            left join (
                select
                    own.customer_id,
                    own.as_of_date,
                    other.segment_id,
                    cast(sum(own.feature_units * other.centroid_units * other.feature_weight) as decimal(38, 0))
                        as product
                from {{ tastes }} as own
                inner join {{ centroids }} as other
                    on own.taste_feature = other.taste_feature
                where {{ is_known }}
                group by own.customer_id, own.as_of_date, other.segment_id
            ) as products
                on members.customer_id = products.customer_id and members.as_of_date = products.as_of_date
                    and norms.segment_id = products.segment_id
        ) as compared
    ) as ranked
    where ranked.nearness_rank = 1
{%- endmacro %}
