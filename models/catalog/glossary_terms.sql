-- Columns are counted by their names: what has one name means one thing.

with

glossary as (

    select * from {{ ref('glossary') }}

),

relations as (

    select * from {{ ref('relations') }}

),

catalogued_columns as (

    select * from {{ ref('columns') }}

),

relation_counts as (

    select
        glossary_term,
        count(*) as relation_count
    from relations
    group by glossary_term

),

column_counts as (

    select
        glossary_term,
        count(distinct column_name) as column_name_count
    from catalogued_columns
    group by glossary_term

)

select
    glossary.glossary_term,
    glossary.definition,
    glossary.synonyms,
    glossary.owner,
    cast(coalesce(relation_counts.relation_count, 0) as integer) as relation_count,
    cast(coalesce(column_counts.column_name_count, 0) as integer) as column_name_count
from glossary
left join relation_counts on glossary.glossary_term = relation_counts.glossary_term
left join column_counts on glossary.glossary_term = column_counts.glossary_term
