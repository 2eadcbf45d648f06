-- Only a complete extract says who is gone: a quarantined row may be anybody's. All files of a day are
-- one extract, repaired ones too, so the day is complete if no such row of them is open. Files without any row say
-- nothing: an empty extract is more likely a failed one than the end of everything.

with

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

),

days as (

    select
        source_name,
        table_name,
        extract_date,
        cast(sum(quarantined_row_count) as bigint) as quarantined_row_count,
        cast(sum(quarantined_row_count - settled_row_count) as bigint) as open_row_count
    from file_manifest
    where
        extract_date is not null
        and loaded_row_count + quarantined_row_count > 0
    group by source_name, table_name, extract_date

),

followed as (

    select
        *,
        lead(extract_date) over (
            partition by source_name, table_name
            order by extract_date asc
        ) as next_extract_date,
        min(case when open_row_count = 0 then extract_date end) over (
            partition by source_name, table_name
            order by extract_date asc
            rows between 1 following and unbounded following
        ) as next_complete_date
    from days

)

select
    source_name,
    table_name,
    quarantined_row_count,
    open_row_count,
    open_row_count = 0 as is_complete,
    extract_date,
    next_extract_date,
    nullif(
        max(extract_date) over (partition by source_name, table_name, next_complete_date),
        extract_date
    ) as carried_until_date
from followed
