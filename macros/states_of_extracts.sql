{#- The state of each key on the day of each extract, listed_date. Absence counts in complete extracts
    only: where rows of a day's files are quarantined, a key that is absent keeps its last state, for
    it may stand among them. As a query in brackets, with columns to ignore.

    extracts: a relation with extract_date, load_id and row_number; keys: the columns of its key;
    table: the source table, as source.table; days: int_extract_days.

    Without quarantined rows the second half finds no day and reads nothing. Give the relation itself
    and no CTE, see last_of_each_day. -#}
{% macro states_of_extracts(extracts, keys, table, days) -%}
    {%- set days_of_table -%}
        (
            select *
            from {{ days }}
            where source_name = '{{ table.split('.')[0] }}' and table_name = '{{ table.split('.')[1] }}'
        )
    {%- endset -%}
    (
        select listed.*, cast(null as date) as next_extract_date, cast(null as date) as carried_until_date,
            cast(null as date) as next_seen_date, listed.extract_date as listed_date
        from {{ last_of_each_day(extracts, keys) }} as listed
        union all
        select seen.*, days.extract_date as listed_date
        from (
            select states.*, cast(1 as bigint) as correction_rank, days.next_extract_date, days.carried_until_date,
                lead(states.extract_date) over (
                    partition by states.{{ keys | join(', states.') }}
                    order by states.extract_date asc, states.load_id asc, states.row_number asc
                ) as next_seen_date
            from {{ extracts }} as states
            inner join {{ days_of_table }} as days
                on
                    states.extract_date = days.extract_date
                    and (days.carried_until_date is not null or not days.is_complete)
        ) as seen
        inner join {{ days_of_table }} as days
            on
                seen.extract_date < days.extract_date
                and seen.carried_until_date >= days.extract_date
                and (seen.next_seen_date is null or seen.next_seen_date > days.extract_date)
        where seen.next_seen_date is null or seen.next_seen_date > seen.next_extract_date
    )
{%- endmacro %}
