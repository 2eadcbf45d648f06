"""From which columns a column is made, on SQL whose answer is known."""

from typing import Any

import pytest

from marquee.catalogue.lineage import Edge, LineageError, column_lineage


def node(kind: str, schema: str, name: str, columns: list[str], **values: Any) -> dict:
    return {
        "unique_id": f"{kind}.p.{name}",
        "resource_type": kind,
        "schema": schema,
        "alias": name,
        "identifier": name,
        "relation_name": f'"w"."{schema}"."{name}"',
        "columns": {column: {"data_type": "varchar"} for column in columns},
        "language": "sql",
        "compiled_code": "",
        "depends_on": {"nodes": []},
        **values,
    }


FILES = node(
    "source", "crm", "people", ["id", "name"], relation_name="read_parquet('/x/*.parquet')"
)
OTHER = node("seed", "seeds", "more", ["id", "name", "kind"])


def lineage_of(columns: list[str], sql: str, **values: Any) -> list[Edge]:
    model = node("model", "serving_candidate", "made", columns, compiled_code=sql, **values)
    nodes = {item["unique_id"]: item for item in (OTHER, model)}
    return column_lineage({"nodes": nodes, "sources": {FILES["unique_id"]: FILES}})


def edge(column: str, upstream: str, name: str) -> Edge:
    return Edge("serving.made", column, upstream, name)


def test_ctes_stars_and_joins_are_followed_to_the_tables():
    sql = """
        with people as (select * from read_parquet('/x/*.parquet')),
        more as (select * from "w"."seeds"."more")
        select people.id, coalesce(more.kind, upper(people.name)) as told
        from people left join more on people.id = more.id
    """
    assert lineage_of(["id", "told"], sql) == [
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


def test_a_constant_and_a_count_are_made_from_no_column():
    sql = 'select \'x\' as kind, count(*) as row_count from "w"."seeds"."more"'
    assert lineage_of(["kind", "row_count"], sql) == []


def test_a_python_model_may_use_all_columns():
    found = lineage_of(
        ["score"], "", language="python", depends_on={"nodes": ["seed.p.more", "macro.p.x"]}
    )
    assert found == [edge("score", "seeds.more", "*")]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("", "serving.made was not compiled"),
        ("select id from (", "serving.made can't be read"),
        ('select id as other from "w"."seeds"."more"', "serving.made.id is declared"),
    ],
)
def test_what_cannot_be_followed_is_told(sql: str, words: str):
    with pytest.raises(LineageError, match=words):
        lineage_of(["id"], sql)
