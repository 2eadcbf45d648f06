"""What files and contract do not share is recorded, for every format."""

import io
import json
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.ingest import IngestReport, Lake, ingest
from tests.python.conftest import NOW, Deployment

RATING = {
    "customer_id": "c1",
    "title_id": "t1",
    "rating_value": "4",
    "rated_at": "2026-01-05T10:00:00Z",
    "mood": "good",
}


def as_parquet(row) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), stream)
    return stream.getvalue()


WRITERS = {
    "csv": lambda row: f"{','.join(row)}\n{','.join(row.values())}\n",
    "jsonl": json.dumps,
    "parquet": as_parquet,
}


@pytest.mark.parametrize("ending", WRITERS)
def test_unknown_and_missing_columns_are_recorded(deployment, ending):
    deployment.land(f"social/ratings/r.{ending}", WRITERS[ending](RATING))
    [loaded] = deployment.ingest().loaded
    assert loaded.unknown_columns == ("mood",)
    assert loaded.missing_columns == ("network_name", "received_at")
    assert deployment.ledger("manifest", "unknown_columns, missing_columns") == [
        ("mood", "network_name, received_at")
    ]


@pytest.mark.parametrize("ending", WRITERS)
def test_a_missing_required_column_rejects_the_file(deployment, ending):
    row = {name: value for name, value in RATING.items() if name != "rated_at"}
    deployment.land(f"social/ratings/r.{ending}", WRITERS[ending](row))
    [error] = deployment.ingest().rejected
    assert "required columns are missing: rated_at (it has customer_id, mood," in str(error)


@pytest.mark.parametrize("fault", ["", '{"broken', '{"rating_value": "nine", "anger": 1}'])
def test_the_keys_of_every_line_count(deployment, fault):
    """One record in a thousand has a column that nobody declared; a null is a value too."""
    rows = [RATING | {"network_name": None} for _ in range(999)]
    rows.append(RATING | {"weather, local": "rain"})
    text = "\n".join([*map(json.dumps, rows), fault])
    deployment.land("social/ratings/r.jsonl", text)
    [loaded] = deployment.ingest().loaded
    found = ["mood", "weather  local"] + (["anger"] if "anger" in fault else [])
    assert loaded.unknown_columns == tuple(sorted(found))
    assert loaded.missing_columns == ("received_at",)


def test_a_file_without_records_lacks_nothing(deployment):
    deployment.land("social/ratings/r.jsonl", "\n")
    [loaded] = deployment.ingest().loaded
    assert loaded.missing_columns == ()


def test_keys_that_are_data_do_not_fill_the_manifest(deployment):
    deployment.land("social/ratings/r.jsonl", json.dumps(RATING | {f"k{n}": 1 for n in range(999)}))
    [loaded] = deployment.ingest().loaded
    assert len(loaded.unknown_columns) == 201
    assert loaded.unknown_columns[-1] == "(800 more)"


# Six ways for a source to change: each is taken as declared, or refused aloud. Nothing is null in
# silence.


def land(deployment: Deployment, name: str, ending: str, *rows) -> IngestReport:
    contents = {
        "csv": lambda: "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]),
        "jsonl": lambda: "\n".join(map(json.dumps, rows)),
        "parquet": lambda: as_parquet(rows[0]),
    }
    deployment.land(f"social/ratings/{name}.{ending}", contents[ending]())
    return deployment.ingest()


def ratings(deployment: Deployment) -> list[tuple]:
    return deployment.lake_rows("social.ratings", "customer_id, network_name, rating_value")


WHOLE = {name: value for name, value in RATING.items() if name != "mood"} | {"network_name": "n"}


@pytest.mark.parametrize("ending", WRITERS)
def test_an_added_column_stays_out_and_is_named(deployment, ending):
    land(deployment, "a", ending, WHOLE)
    [loaded] = land(deployment, "b", ending, WHOLE | {"mood": "good"}).loaded
    assert loaded.unknown_columns == ("mood",)
    assert ratings(deployment) == [("c1", "n", 4)] * 2


@pytest.mark.parametrize("ending", WRITERS)
def test_a_dropped_column_is_told_as_lost(deployment, ending):
    """One that never came is only missing; one that came before is gone, in every later file.

    Records of JSON name their own fields, so it takes some of them.
    """
    less = {name: value for name, value in WHOLE.items() if name != "network_name"}
    [first] = land(deployment, "a", ending, *[WHOLE] * (100 if ending == "jsonl" else 1)).loaded
    assert (first.missing_columns, first.lost_columns) == (("received_at",), ())
    for number in range(2):
        rows = [less | {"customer_id": f"c{number}"}] * (20 if ending == "jsonl" else 1)
        [loaded] = land(deployment, f"b{number}", ending, *rows).loaded
        assert loaded.lost_columns == ("network_name",)
    recorded = deployment.ledger("manifest", "load_id, lost_columns")
    assert recorded == [(1, None), (2, "network_name"), (3, "network_name")]


@pytest.mark.parametrize(("count", "lost"), [(99, ()), (100, ("network_name",))])
def test_a_field_that_few_records_have_may_be_absent(deployment, count, lost):
    """One record in ten had it: of 99 without it, 9.9 should have."""
    less = {name: value for name, value in WHOLE.items() if name != "network_name"}
    land(deployment, "a", "jsonl", WHOLE, *[less] * 9)
    [loaded] = land(deployment, "b", "jsonl", *[less] * count).loaded
    assert loaded.lost_columns == lost


def test_what_was_lost_in_a_vault_or_a_list_is_told_too(deployment):
    for day, names in (("01", "title_id,title_name,genres"), ("02", "title_id,title_name")):
        values = ",".join("x" for _ in names.split(","))
        deployment.land(f"dam/titles/t_2026-01-{day}.csv", f"{names}\n{values}\n")
    for day, names in (("01", "customer_id,email"), ("02", "customer_id")):
        values = ",".join("x" for _ in names.split(","))
        deployment.land(f"crm/customers/c_2026-01-{day}.csv", f"{names}\n{values}\n")
    lost = {file.file.name: file.lost_columns for file in deployment.ingest().loaded}
    assert {name: columns for name, columns in lost.items() if columns} == {
        "crm/customers/c_2026-01-02.csv": ("email",),
        "dam/titles/t_2026-01-02.csv": ("genres",),
    }


def with_former_name(deployment: Deployment, name: str) -> IngestReport:
    """Ingest under a contract that says how rating_value was called."""
    contract = deployment.lake.contract
    table = contract.table("social", "ratings")
    columns = tuple(
        replace(column, renamed_from=(name,)) if column.name == "rating_value" else column
        for column in table.columns
    )
    tables = {**contract.tables, ("social", "ratings"): replace(table, columns=columns)}
    lake = Lake(deployment.paths.lake, replace(contract, tables=tables))
    return ingest(deployment.paths.landing, lake, lambda _: None, now=NOW)


def renamed(row: dict, name: str) -> dict:
    return {(name if key == "rating_value" else key): value for key, value in row.items()}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("name", ["stars", "order"])
def test_a_renamed_column_is_read_if_declared_and_refuses_the_file_if_not(deployment, ending, name):
    land(deployment, "a", ending, WHOLE)
    [error] = land(deployment, "b", ending, renamed(WHOLE, name)).rejected
    assert "required columns are missing: rating_value" in str(error)
    [loaded] = with_former_name(deployment, name).loaded
    assert loaded.renamed_columns == (name,)
    assert (loaded.unknown_columns, loaded.missing_columns) == ((), ("received_at",))
    assert ratings(deployment) == [("c1", "n", 4)] * 2
    # Faulty rows are found under the new name too.
    deployment.land(
        f"social/ratings/c.{ending}",
        WRITERS[ending](renamed(WHOLE | {"rating_value": "nine"}, name)),
    )
    [loaded] = with_former_name(deployment, name).loaded
    assert loaded.quarantined_row_count == 1
    assert deployment.ledger("quarantine", "reason") == [
        ("rating_value: 'nine' is not of type decimal(3,1)",)
    ]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_column_under_both_names_refuses_the_file(deployment, ending):
    deployment.ingest()
    row = WHOLE | {"stars": "5"}
    deployment.land(f"social/ratings/a.{ending}", WRITERS[ending](row))
    [error] = with_former_name(deployment, "stars").rejected
    assert "has the column rating_value twice: as stars and as rating_value" in str(error)


def test_records_of_one_file_may_differ_in_the_name(deployment):
    """While a release rolls out, half of the servers write the new name."""
    deployment.ingest()
    rows = [WHOLE, renamed(WHOLE | {"customer_id": "c2"}, "stars")]
    deployment.land("social/ratings/a.jsonl", "\n".join(map(json.dumps, rows)))
    with_former_name(deployment, "stars")
    assert ratings(deployment) == [("c1", "n", 4), ("c2", "n", 4)]


TYPES = {"int": 4, "double": 4.5, "text": "4.5"}


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_widened_column_is_typed_by_its_values(deployment, ending):
    for name, value in TYPES.items():
        land(deployment, name, ending, WHOLE | {"customer_id": name, "rating_value": value})
    assert ratings(deployment) == [
        ("double", "n", Decimal("4.5")),
        ("int", "n", 4),
        ("text", "n", Decimal("4.5")),
    ]


@pytest.mark.parametrize("value", [4.55, "4.55", True, "4,5", [4], 400])
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_what_is_too_wide_or_of_another_kind_is_refused_by_row(deployment, value, ending):
    """Never rounded, never cut, never null; the other way round too: a text where numbers were."""
    [loaded] = land(deployment, "a", ending, WHOLE | {"rating_value": value}).loaded
    assert (loaded.loaded_row_count, loaded.quarantined_row_count) == (0, 1)
    assert ratings(deployment) == []


@pytest.mark.parametrize("ending", WRITERS)
def test_reordered_columns_are_the_same_table(deployment, ending):
    land(deployment, "a", ending, WHOLE)
    rows = dict(reversed(WHOLE.items())) | {"customer_id": "c2"}
    [loaded] = land(deployment, "b", ending, rows).loaded
    assert (loaded.unknown_columns, loaded.lost_columns) == ((), ())
    assert ratings(deployment) == [("c1", "n", 4), ("c2", "n", 4)]
