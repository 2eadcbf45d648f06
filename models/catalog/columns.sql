-- From the project's own declarations, so it is the same on every engine and machine, and beside it what
-- the profiles of the sources have found.

with

source_profiles as (

    select * from {{ ref('source_profiles') }}

),

relations as (

    select * from {{ ref('relations') }}

),

packed as (

    select
        listed.relation_name,
        listed.column_lines
    from (values {{ declared_columns() }}) as listed (relation_name, column_lines)

),

unpacked as (

    select
        packed.relation_name,
        split(declared_line.column_line, chr(9)) as column_parts
    from packed
    cross join unnest(split(packed.column_lines, chr(10))) as declared_line (column_line)

),

declared as (

    select
        relation_name,
        column_parts[2] as column_name,
        column_parts[3] as data_type,
        column_parts[4] as sensitivity,
        nullif(column_parts[5], '') as valid_range,
        nullif(column_parts[6], '') as tags,
        nullif(column_parts[7], '') as declared_term,
        nullif(column_parts[8], '') as test_names,
        column_parts[9] as description,
        cast(column_parts[1] as integer) as column_position,
        cast(column_parts[10] as integer) as test_count
    from unpacked

),

object_names as (

    select distinct column_name as object_name
    from declared

),

named_terms as (

    {{ terms_of_names('object_names') }}

)

select
    declared.relation_name,
    declared.column_name,
    relations.layer,
    declared.data_type,
    declared.valid_range,
    declared.sensitivity,
    relations.owner,
    coalesce(declared.declared_term, named_terms.glossary_term) as glossary_term,
    declared.tags as tag_names,
    declared.test_names,
    declared.description,
    source_profiles.minimum_text,
    source_profiles.maximum_text,
    declared.column_position,
    declared.test_count,
    source_profiles.row_count,
    source_profiles.null_rate,
    source_profiles.distinct_count,
    source_profiles.minimum_number,
    source_profiles.maximum_number,
    source_profiles.minimum_at,
    source_profiles.maximum_at
from declared
inner join relations on declared.relation_name = relations.relation_name
left join named_terms on declared.column_name = named_terms.object_name
left join source_profiles
    on
        relations.layer = 'lake'
        and declared.relation_name = concat(source_profiles.source_name, '.', source_profiles.table_name)
        and declared.column_name = source_profiles.column_name
