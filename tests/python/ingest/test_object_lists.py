"""Lists of objects become rows of child tables, from every format alike."""

import csv
import datetime as dt
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TALENTS = [
    {"talent_id": "p1", "talent_name": "Ada", "talent_role": "actor"},
    {"talent_id": "p2", "talent_name": None, "talent_role": None},
]
WINDOWS = [
    {"territory_code": "DE", "licensed_from_date": "2026-01-01", "licensed_to_date": None},
    {"territory_code": "WW", "licensed_from_date": None, "licensed_to_date": "2027-01-01"},
]
TITLES = [
    {"title_id": "t1", "title_name": "One", "talents": TALENTS, "licence_windows": WINDOWS},
    {"title_id": "t2", "title_name": "Two", "talents": [], "licence_windows": None},
]


def as_csv(rows) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        lists = {k: json.dumps(v) for k, v in row.items() if isinstance(v, list)}
        writer.writerow(row | lists)
    return stream.getvalue().encode()


def as_json_lines(rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows) -> bytes:
    dated = [
        row
        | {
            "licence_windows": row["licence_windows"]
            and [
                {k: dt.date.fromisoformat(v) if v and "date" in k else v for k, v in w.items()}
                for w in row["licence_windows"]
            ]
        }
        for row in rows
    ]
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(dated), stream)
    return stream.getvalue()


WRITERS = {"csv": as_csv, "jsonl": as_json_lines, "parquet": as_parquet}


@pytest.mark.parametrize("ending", WRITERS)
def test_objects_become_rows(deployment, ending):
    deployment.land(f"dam/titles/titles_2026-01-31.{ending}", WRITERS[ending](TITLES))
    assert not deployment.ingest().rejected
    assert [row[:-2] for row in deployment.lake_rows("dam.title_talents")] == [
        ("t1", 1, "p1", "Ada", "actor"),
        ("t1", 2, "p2", None, None),
    ]
    assert [row[:-2] for row in deployment.lake_rows("dam.licence_windows")] == [
        ("t1", 1, "DE", dt.date(2026, 1, 1), None),
        ("t1", 2, "WW", None, dt.date(2027, 1, 1)),
    ]
    assert deployment.lake_rows("dam.titles", "title_id") == [("t1",), ("t2",)]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("talents", "reason"),
    [
        (
            [TALENTS[0], {"talent_id": "p2", "talent_role": "boss"}],
            "talents[2].talent_role: 'boss' is none of actor, director, writer, presenter, "
            "musician",
        ),
        ([{"talent_name": "Ada"}], "talents[1].talent_id: is missing"),
        ([TALENTS[0], "Ada", None], "talents[2]: is no object; talents[3]: is no object"),
        ({"talent_id": "p1"}, """talents: '{"talent_id": "p1"}' is not of type list of objects"""),
    ],
)
def test_a_faulty_element_quarantines_its_record_alone(deployment, ending, talents, reason):
    rows = [TITLES[0], {"title_id": "t3", "title_name": "Three", "talents": talents}]
    rows[1]["licence_windows"] = []
    if ending == "csv":
        rows[1]["talents"] = json.dumps(talents)
    deployment.land(f"dam/titles/titles_2026-01-31.{ending}", WRITERS[ending](rows))
    deployment.ingest()
    [(found,)] = deployment.ledger("quarantine", "reason")
    assert found.replace('{"talent_id":"p1"}', '{"talent_id": "p1"}') == reason
    assert {row[0] for row in deployment.lake_rows("dam.title_talents")} == {"t1"}


def test_a_field_that_does_not_fit_its_type_is_named(deployment):
    windows = [WINDOWS[0], {"territory_code": "FR", "licensed_from_date": "2026-13-01"}]
    row = {"title_id": "t1", "title_name": "One", "licence_windows": windows}
    deployment.land("dam/titles/titles_2026-01-31.jsonl", as_json_lines([row]))
    deployment.ingest()
    assert deployment.ledger("quarantine", "reason") == [
        ("licence_windows[2].licensed_from_date: '2026-13-01' is not of type date (2026-01-31)",)
    ]


@pytest.mark.parametrize("ending", WRITERS)
def test_fields_that_the_contract_does_not_know_are_drift(deployment, ending):
    talents = [talent | {"birth_place": "Linz"} for talent in TALENTS]
    rows = [TITLES[1] | {"licence_windows": []}, TITLES[0] | {"talents": talents}]
    deployment.land(f"dam/titles/titles_2026-01-31.{ending}", WRITERS[ending](rows))
    [loaded] = deployment.ingest().loaded
    assert loaded.unknown_columns == ("talents[].birth_place",)
    assert deployment.ledger("manifest", "unknown_columns") == [("talents[].birth_place",)]
    assert len(deployment.lake_rows("dam.title_talents")) == 2


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize(
    ("window", "reason"),
    [
        ({"territory_code": "Germany"}, "territory_code: 'Germany' is not of the form [A-Z]{2}"),
        ({"territory_code": "de"}, "territory_code: 'de' is not of the form [A-Z]{2}"),
        (
            {"licensed_from_date": "2026-02-01", "licensed_to_date": "2026-01-31"},
            "licensed_to_date: '2026-01-31' is before licensed_from_date",
        ),
    ],
)
def test_windows_name_a_territory_and_end_after_they_begin(deployment, ending, window, reason):
    rows = [TITLES[0] | {"licence_windows": [WINDOWS[0] | window]}]
    deployment.land(f"dam/titles/titles_2026-01-31.{ending}", WRITERS[ending](rows))
    deployment.ingest()
    assert deployment.ledger("quarantine", "reason") == [(f"licence_windows[1].{reason}",)]
    same_day = {"licensed_from_date": "2026-02-01", "licensed_to_date": "2026-02-01"}
    rows = [TITLES[0] | {"licence_windows": [WINDOWS[0] | same_day]}]
    deployment.land(f"dam/titles/titles_2026-02-01.{ending}", WRITERS[ending](rows))
    [loaded] = deployment.ingest().loaded
    assert loaded.quarantined_row_count == 0


def test_countries_are_codes_and_no_value_of_customers_is_told(deployment):
    deployment.land("crm/customers/2026-01-01.csv", "customer_id,country_code\nc1,AT\nc2,at\nc3,\n")
    deployment.ingest()
    assert deployment.lake_rows("crm.customers", "customer_id") == [("c1",), ("c3",)]
    assert deployment.ledger("quarantine", "row_number, reason") == [
        (2, "country_code: value withheld, is not of the form [A-Z]{2}")
    ]
