"""Rules that repair records: each kind, their order, and every mistake in the file."""

import re
from dataclasses import replace

import pytest

from marquee.contract import Contract
from marquee.quarantine import QuarantinedRow, load_repair_mapping
from marquee.quarantine.mapping import RepairMappingError
from marquee.quarantine.records import record_of
from tests.python.conftest import PROJECT

AT = "2026-01-05T10:00:00Z"


@pytest.fixture
def row(contract: Contract) -> QuarantinedRow:
    return QuarantinedRow(
        file_key="k",
        row_number=1,
        table=contract.table("social", "ratings"),
        file_name="social/ratings/r.csv",
        line_number=2,
        reason="rating_value: '4,5' is not of type decimal(3,1)",
        raw_text=f'c1,t1,"4,5",good,{AT}',
        is_open=True,
        replayed_by=None,
        file_format="csv",
        column_names=("customer_id", "title_id", "stars", "mood", "rated_at"),
        extract_date=None,
    )


def documented() -> str:
    text = (PROJECT / "docs" / "operate.md").read_text()
    found = re.search(r"```yaml\n(social\.ratings:.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def rules(tmp_path, contract, text, table="social.ratings"):
    path = tmp_path / "repairs.yml"
    path.write_text(text)
    return load_repair_mapping(path, contract).tables[table]


def test_the_documented_example_does_what_it_says(tmp_path, contract, row):
    found = rules(tmp_path, contract, documented())
    plain = {"customer_id": "c1", "title_id": "t1", "rated_at": AT}
    assert found.repaired(row) == plain | {"rating_value": "4.5"}
    for text, value in (("nine", "5"), ("n/a", "3"), ("", "3"), ("2", "2")):
        given = replace(row, raw_text=f"c1,t1,{text},good,{AT}")
        assert found.repaired(given) == plain | {"rating_value": value}
    separated = replace(
        row, raw_text=f"c1;t1;4;good;{AT}", reason="the line does not have 5 fields"
    )
    assert found.repaired(separated) == plain | {"rating_value": "4"}
    total = replace(separated, raw_text="total;1")
    assert found.dropped_because(total) == "last line of the export"
    assert found.dropped_because(separated) is None
    assert found.dropped_because(replace(row, raw_text="total")) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no table"),
        ("- a", "names no table"),
        ("a: [", "can't be read as YAML"),
        ("social.rating: {}", "is no source table"),
        ("social.ratings: {collumns: {}}", "has collumns, which mean nothing"),
        ("social.ratings: {columns: {stars: {default: 1}}}", "has no column 'stars'"),
        ("social.ratings: {rename: {a: stars}}", "has no column 'stars'"),
        ("social.ratings: {columns: {title_id: {value: {}}}}", "has value, which mean nothing"),
        ("social.ratings: {columns: {title_id: {patterns: [{find: '(', put: x}]}}}", "no regular"),
        (r"social.ratings: {text: [{find: 'a', put: '\1'}]}", "can't be put"),
        ("social.ratings: {text: [{find: 'a'}]}", "has find and put"),
        ("social.ratings: {drop: [{because: x}]}", "which rows"),
        ("social.ratings: {drop: [{reason: x}]}", "because of what"),
        ("social.ratings: {drop: {reason: x}}", "must be a list"),
        ("social.ratings: [a]", "must have names and values"),
        ("social.ratings: {columns: {mood: {remove: yes please}}}", "true or false"),
    ],
)
def test_a_faulty_mapping_says_where(tmp_path, contract, text, words):
    with pytest.raises(RepairMappingError, match=re.escape(words)):
        rules(tmp_path, contract, text)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ('{"a": 1.50, "b": 12345678901234567890, "c": [1e400]}', {"a": "1.50"}),
        ('{"a": null, "_origin_file_key": "k", "_origin_row_number": 1}', {"a": None}),
        ('{"a": 1, "a": 2}', None),
        ('{"a": NaN}', None),
        ("[1]", None),
        ('{"a": 1', None),
        ("[" * 100_000, None),
    ],
)
def test_a_record_is_read_without_a_loss_or_not_at_all(row, text, record):
    found = record_of(replace(row, file_format="json_lines", raw_text=text))
    if record and "b" in (found or {}):
        record = record | {"b": "12345678901234567890", "c": ["1e400"]}
    assert found == record


@pytest.mark.parametrize(
    ("text", "is_record"),
    [
        (f"c1,t1,4,good,{AT}", True),
        (f"c1,t1,4,good,{AT},", True),
        (f'c1,"t\n1",4,good,{AT}', True),
        (f"c1,t1,4,{AT}", False),
        (f'c1,"t1,4,good,{AT}', False),
        ("", False),
    ],
)
def test_a_line_of_csv_is_a_record_if_it_has_the_fields(row, text, is_record):
    assert (record_of(replace(row, raw_text=text)) is not None) == is_record


def test_damaged_bytes_are_no_value(row):
    """They show as \\xnn, which would be loaded as if somebody had written that."""
    damaged = replace(row, raw_text=f"c\\xe9,t1,4,good,{AT}", reason="the line is not UTF-8")
    assert record_of(damaged) is None
    mended = f"cé,t1,4,good,{AT}"
    assert record_of(damaged, mended) is not None


def test_lists_of_csv_become_lists(contract, row):
    title = replace(
        row,
        table=contract.table("dam", "titles"),
        column_names=("title_id", "genres", "talents"),
        raw_text='t1,Drama| Comedy|,"[{""talent_id"": ""p1"", ""age"": 1.0}]"',
    )
    talents = [{"talent_id": "p1", "age": "1.0"}]
    expected = {"title_id": "t1", "genres": ["Drama", "Comedy"], "talents": talents}
    assert record_of(title) == expected
    broken = replace(title, raw_text="t1,,[{")
    assert record_of(broken) == {"title_id": "t1", "genres": [], "talents": "[{"}
