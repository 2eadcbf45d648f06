-- A kind of interaction without a weight would vanish, one with two would count twice.

with

ratings as (

    select * from {{ ref('fct_ratings') }}

),

weights as (

    select * from {{ ref('interaction_weights') }}

),

kinds as (

    {% for interaction_type in ['click', 'watch', 'tag'] %}
        select
            '{{ interaction_type }}' as interaction_type,
            cast(null as decimal(3, 1)) as rating_value
        union all
    {% endfor %}
    select distinct
        'rating' as interaction_type,
        rating_value
    from ratings

)

select
    kinds.interaction_type,
    kinds.rating_value,
    count(weights.interaction_type) as weight_count
from kinds
left join weights
    on
        kinds.interaction_type = weights.interaction_type
        and (weights.rating_from is null or kinds.rating_value >= weights.rating_from)
        and (weights.rating_below is null or kinds.rating_value < weights.rating_below)
group by kinds.interaction_type, kinds.rating_value
having count(weights.interaction_type) <> 1
