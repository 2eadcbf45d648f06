{#- The rows of full extracts, each key once a day: a day may bring several files, and the one that
    came last corrects the others. As a query in brackets, with a column correction_rank to ignore.

    extracts: a relation with extract_date, load_id and row_number; keys: the columns of its key. -#}
{% macro last_of_each_day(extracts, keys) -%}
    {{- return(adapter.dispatch('last_of_each_day', 'marquee')(extracts, keys)) -}}
{%- endmacro %}

{#- Few keys come twice on a day, so only those go through the window: 0.7 instead of 2.6 CPU-s for
    3.6 million rows. Give the relation itself and no CTE: DuckDB would hold the rows of a CTE that is
    read twice in memory. -#}
{% macro default__last_of_each_day(extracts, keys) -%}
    (
        with

        repeated as (

            select
                {{ keys | join(', ') }},
                extract_date
            from {{ extracts }}
            group by {{ keys | join(', ') }}, extract_date
            having count(*) > 1

        )

        select
            states.*,
            cast(1 as bigint) as correction_rank
        from {{ extracts }} as states
        left join repeated
            on {{ equal_columns('states', 'repeated', keys + ['extract_date']) }}
        where repeated.extract_date is null
        union all
        select *
        from (
            select
                states.*,
                row_number() over (
                    partition by states.{{ keys | join(', states.') }}, states.extract_date
                    order by states.load_id desc, states.row_number desc
                ) as correction_rank
            from {{ extracts }} as states
            inner join repeated
                on {{ equal_columns('states', 'repeated', keys + ['extract_date']) }}
        ) as ranked
        where correction_rank = 1
    )
{%- endmacro %}

{#- Trino plans a relation as often as it is named, so once is best. -#}
{% macro trino__last_of_each_day(extracts, keys) -%}
    (
        select *
        from (
            select
                states.*,
                row_number() over (
                    partition by states.{{ keys | join(', states.') }}, states.extract_date
                    order by states.load_id desc, states.row_number desc
                ) as correction_rank
            from {{ extracts }} as states
        ) as ranked
        where correction_rank = 1
    )
{%- endmacro %}
