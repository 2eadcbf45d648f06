"""From which columns a column is made, on SQL whose answer is known."""

import logging
from dataclasses import replace

import pytest

from marquee.catalogue.lineage import (
    SCHEMA,
    Definition,
    Edge,
    Kind,
    as_table,
    column_lineage,
)

FILES = Definition(
    "source.p.crm.people",
    "crm.people",
    "source",
    "read_parquet('/x/*.parquet')",
    ("id", "name"),
    frozenset(),
    None,
)
OTHER = Definition(
    "seed.p.more",
    "seeds.more",
    "seed",
    '"w"."seeds"."more"',
    ("id", "name", "kind"),
    frozenset(),
    None,
)
MODEL = Definition(
    "model.p.made",
    "serving.made",
    "model",
    '"w"."serving_candidate"."made"',
    (),
    frozenset({FILES.node_id, OTHER.node_id, "macro.p.x"}),
    None,
)


def lineage_of(columns: list[str], sql: str, dialect: str = "duckdb", **values) -> list[Edge]:
    model = replace(MODEL, columns=tuple(columns), sql=sql, **values)
    return column_lineage([FILES, OTHER, model], dialect)


def edge(column: str, upstream: str, name: str, kind: Kind = Kind.COLUMN) -> Edge:
    return Edge("serving.made", column, upstream, name, kind)


@pytest.mark.parametrize("dialect", ["duckdb", "trino"])
def test_ctes_stars_and_joins_are_followed_to_the_tables(dialect: str):
    sql = """
        with people as (select * from read_parquet('/x/*.parquet')), -- as they landed
        more as (select * from "w"."seeds"."more")
        select people.id, coalesce(more.kind, upper(people.name)) as told
        from people left join more on people.id = more.id
    """
    assert lineage_of(["id", "told"], sql, dialect) == [
        edge("id", "crm.people", "id"),
        edge("told", "crm.people", "name"),
        edge("told", "seeds.more", "kind"),
    ]


def test_a_union_is_made_from_both_halves():
    sql = """
        select id from read_parquet('/x/*.parquet') union all select name from "w"."seeds"."more"
    """
    assert lineage_of(["id"], sql) == [
        edge("id", "crm.people", "id"),
        edge("id", "seeds.more", "name"),
    ]


def test_windows_count_by_what_they_look_at():
    sql = """
        select row_number() over (partition by name order by id) as place
        from read_parquet('/x/*.parquet')
    """
    assert lineage_of(["place"], sql) == [
        edge("place", "crm.people", "id"),
        edge("place", "crm.people", "name"),
    ]


def test_what_lies_beside_the_contract_in_the_lake_is_known():
    sql = "select _file_key as file_key from read_parquet('/x/*.parquet')"
    assert lineage_of(["file_key"], sql) == [edge("file_key", "crm.people", "_file_key")]


def test_a_constant_is_made_from_nothing():
    assert lineage_of(["kind"], 'select \'x\' as kind from "w"."seeds"."more"') == []


def test_a_count_is_made_from_the_rows_that_are_selected_from():
    sql = """
        with both_kinds as (
            select id from read_parquet('/x/*.parquet') union all select id from "w"."seeds"."more"
        )
        select
            (select count(*) from "w"."seeds"."more") as seed_count,
            count(*) as row_count,
            count(*) filter (where more.kind = 'x') as x_count
        from both_kinds left join "w"."seeds"."more" as more on both_kinds.id = more.id
    """
    assert lineage_of(["row_count", "seed_count", "x_count"], sql) == [
        edge("row_count", "crm.people", "*", Kind.ROWS),
        edge("row_count", "seeds.more", "*", Kind.ROWS),
        edge("seed_count", "seeds.more", "*", Kind.ROWS),
        edge("x_count", "seeds.more", "kind"),
    ]


def test_what_only_an_incremental_run_reads_is_no_origin():
    """The table itself, and one that dbt does not know as a parent."""
    sql = """
        select id from "w"."seeds"."more"
        union all select id from "w"."serving_candidate"."made"
        union all select id from read_parquet('/x/*.parquet')
    """
    assert lineage_of(["id"], sql, parents=frozenset({OTHER.node_id})) == [
        edge("id", "seeds.more", "id")
    ]


def test_a_python_model_may_use_all_columns():
    model = replace(
        MODEL, columns=("score",), parents=frozenset({OTHER.node_id, "macro.p.x"}), is_python=True
    )
    assert column_lineage([FILES, OTHER, model], "duckdb") == [
        edge("score", "seeds.more", "*", Kind.PYTHON)
    ]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select id from (", "SQL of serving.made can't be followed"),
        ('select id as other from "w"."seeds"."more"', "no lineage of serving.made: id"),
        ("drop table x", "SQL of serving.made can't be followed"),
    ],
)
def test_what_cannot_be_followed_is_told_by_table(
    sql: str, words: str, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING, logger="marquee"):
        assert lineage_of(["id"], sql) == [
            edge("id", "crm.people", "*", Kind.UNREAD),
            edge("id", "seeds.more", "*", Kind.UNREAD),
        ]
    assert words in caplog.text


def test_edges_become_rows():
    edges = [edge("id", "crm.people", "id"), edge("n", "crm.people", "*", Kind.ROWS)]
    table = as_table(edges)
    assert table.schema == SCHEMA
    assert table.to_pylist()[1] == {
        "relation_name": "serving.made",
        "column_name": "n",
        "upstream_relation_name": "crm.people",
        "upstream_column_name": "*",
        "lineage_kind": "rows",
    }
    assert as_table([]).num_rows == 0
