-- From the project's own declarations, so it is the same on every engine and machine.

with

declared as (

    select
        listed.relation_name,
        listed.layer,
        listed.relation_kind,
        listed.owner,
        nullif(listed.declared_term, '') as declared_term,
        nullif(listed.tags, '') as tags,
        nullif(listed.requirement_ids, '') as requirement_ids,
        listed.description,
        split_part(listed.relation_name, '.', 2) as object_name,
        cast(listed.column_count as integer) as column_count,
        cast(listed.test_count as integer) as test_count
    from (values {{ declared_relations() }}) as listed (
            relation_name, layer, relation_kind, owner, declared_term, tags, requirement_ids, description,
            column_count, test_count
        )

),

named_terms as (

    {{ terms_of_names('declared') }}

)

select
    declared.relation_name,
    declared.layer,
    declared.relation_kind,
    declared.owner,
    coalesce(declared.declared_term, named_terms.glossary_term) as glossary_term,
    declared.tags as tag_names,
    declared.requirement_ids,
    declared.description,
    declared.column_count,
    declared.test_count
from declared
left join named_terms on declared.object_name = named_terms.object_name
