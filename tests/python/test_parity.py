"""The comparison itself: whatever differs is found."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from marquee.parity import DuckDBEngine, Model, compare, models

MODEL = Model("model.shop.sales", ("main", "sales"), ("main", "sales"), frozenset(), False)


class Fake:
    """An engine that has one table."""

    def __init__(self, **columns: tuple[str, list]):
        self.types = {name: data_type for name, (data_type, _) in columns.items()}
        self.table = pa.table({name: values for name, (_, values) in columns.items()})

    def columns(self, schema: str, table: str) -> dict[str, str]:
        return self.types if (schema, table) == MODEL.left else {}

    def read(self, schema: str, table: str) -> pa.Table:
        assert (schema, table) == MODEL.left
        return self.table


def differences(left: Fake, right: Fake, model: Model = MODEL) -> str:
    return "\n".join(compare(model, left, right).differences)


def test_the_order_of_rows_does_not_matter():
    left = Fake(id=("integer", [1, 2, 2]), name=("varchar", ["a", None, "Ünï"]))
    right = Fake(id=("integer", [2, 1, 2]), name=("varchar", ["Ünï", "a", None]))
    assert differences(left, right) == ""
    assert compare(MODEL, left, right).digest == compare(MODEL, right, left).digest


@pytest.mark.parametrize(
    ("data_type", "one", "other"),
    [
        ("integer", 1, 2),
        ("varchar", "", None),
        ("varchar", "a", "a "),
        ("boolean", False, None),
        ("decimal(12,8)", Decimal("0.10000000"), Decimal("0.10000001")),
        ("timestamp(6)", dt.datetime(2024, 2, 29), dt.datetime(2024, 2, 29, 0, 0, 0, 1)),
        ("date", dt.date(2024, 2, 29), dt.date(2024, 3, 1)),
    ],
)
def test_the_smallest_difference_is_found(data_type, one, other):
    left, right = Fake(x=(data_type, [one, one])), Fake(x=(data_type, [one, other]))
    assert "1 rows are in the first engine only" in differences(left, right)


def test_a_row_too_many_is_found_even_if_it_is_a_copy():
    left, right = Fake(x=("integer", [1])), Fake(x=("integer", [1, 1]))
    assert "there are 1 and 2 rows" in differences(left, right)


def test_neighbouring_columns_are_kept_apart():
    left = Fake(x=("varchar", ["a,b"]), y=("varchar", ["c"]))
    right = Fake(x=("varchar", ["a"]), y=("varchar", ["b,c"]))
    assert differences(left, right)


def test_types_count_even_if_the_rows_agree():
    left, right = Fake(x=("integer", [1])), Fake(x=("bigint", [1]))
    assert "x is integer and bigint" in differences(left, right)


@pytest.mark.parametrize("data_type", ["double", "hugeint", "varchar(3)", "timestamp(3)"])
def test_types_that_engines_do_not_share_are_refused(data_type):
    engine = Fake(x=(data_type, [1]))
    assert "which engines don't share" in differences(engine, engine)


def test_columns_in_another_order_are_found():
    left = Fake(x=("integer", [1]), y=("integer", [1]))
    right = Fake(y=("integer", [1]), x=("integer", [1]))
    assert "the columns are" in differences(left, right)


def test_a_missing_relation_is_found():
    engine = Fake(x=("integer", [1]))
    elsewhere = Model(MODEL.unique_id, MODEL.left, ("main", "gone"), frozenset(), False)
    assert "missing in main.gone of the second engine" in differences(engine, engine, elsewhere)


def test_nothing_compared_is_no_success_unless_it_is_named():
    empty = Fake(x=("integer", []))
    assert "nothing was compared" in differences(empty, empty)
    named = Model(MODEL.unique_id, MODEL.left, MODEL.right, frozenset(), True)
    assert differences(empty, empty, named) == ""


def test_lineage_is_left_out_but_not_its_type():
    model = Model(MODEL.unique_id, MODEL.left, MODEL.right, frozenset({"built_at"}), False)
    left = Fake(x=("integer", [1]), built_at=("bigint", [1]))
    right = Fake(x=("integer", [1]), built_at=("bigint", [2]))
    assert differences(left, right, model) == ""
    right = Fake(x=("integer", [1]), built_at=("integer", [2]))
    assert "built_at is bigint and integer" in differences(left, right, model)


def test_models_of_both_manifests_are_listed(tmp_path: Path):
    def node(kind: str, schema: str) -> dict:
        columns = {
            "x": {"config": {"tags": []}},
            "load_id": {"config": {"tags": ["lineage"]}},
        }
        meta = {"may_be_empty": "at first"} if kind == "seed" else {}
        return {
            "resource_type": kind,
            "schema": schema,
            "alias": "t",
            "columns": columns,
            "config": {"meta": meta},
        }

    left = {"model.a": node("model", "one"), "test.b": node("test", "one")}
    right = {"model.a": node("model", "two"), "seed.c": node("seed", "two")}
    for name, nodes in (("left", left), ("right", right)):
        (tmp_path / name).write_text(json.dumps({"nodes": nodes}))
    found = models(tmp_path / "left", tmp_path / "right")
    lineage = frozenset({"load_id"})
    assert found == [
        Model("model.a", ("one", "t"), ("two", "t"), lineage, False),
        Model("seed.c", ("", ""), ("two", "t"), lineage, True),
    ]


def test_a_warehouse_file_tells_types_in_the_words_of_the_contract(tmp_path: Path):
    path = tmp_path / "some.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema s")
        connection.execute(
            "create table s.t as select 1 as a, 2::bigint as b, 1.5::decimal(5,2) as c, 'x' as d, "
            "date '2024-01-01' as e, timestamp '2024-01-01' as f, true as g, 0.5::double as h"
        )
        connection.execute("create view s.v as select a from s.t")
    engine = DuckDBEngine(path)
    assert list(engine.columns("s", "t").values()) == [
        "integer",
        "bigint",
        "decimal(5,2)",
        "varchar",
        "date",
        "timestamp(6)",
        "boolean",
        "double",
    ]
    assert engine.columns("s", "nothing") == {}
    assert engine.read("s", "v").to_pydict() == {"a": [1]}
    engine.close()
