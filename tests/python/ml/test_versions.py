from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.versions import (
    code_version,
    model_version,
    package_versions,
    training_fingerprint,
)

ROWS: dict[str, list[Any]] = {
    "a_id": ["2", "1", "1"],
    "b_id": ["x", "y", "x"],
    "amount": [Decimal("1.50"), None, Decimal("0.00")],
    "count": [1, 2, None],
    "rate": [0.5, 0.25, None],
    "is_new": [True, None, False],
    "label": ["é", None, ""],
}


def table(**changes: list[Any]) -> pa.Table:
    return pa.table({**ROWS, **changes})


def fingerprint(rows: pa.Table) -> str:
    return training_fingerprint(rows, ["a_id", "b_id"])


def test_order_chunks_and_string_types_do_not_matter() -> None:
    rows = table()
    expected = fingerprint(rows)
    assert fingerprint(rows.take([2, 0, 1])) == expected
    assert fingerprint(pa.concat_tables([rows[1:], rows[:1]])) == expected
    for kind in (pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        cast = rows.set_column(0, "a_id", rows["a_id"].cast(kind))
        cast = cast.set_column(6, "label", rows["label"].cast(kind))
        assert fingerprint(cast) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"b_id": ["x", "z", "x"]},
        {"amount": [Decimal("1.50"), None, None]},
        {"amount": [Decimal("1.51"), None, Decimal("0.00")]},
        {"count": [1, 3, None]},
        {"rate": [0.5, 0.25, 0.0]},
        {"is_new": [True, False, False]},
        {"label": ["é", "", ""]},
    ],
)
def test_every_value_and_every_null_matters(changes: dict[str, list[Any]]) -> None:
    assert fingerprint(table(**changes)) != fingerprint(table())


def test_times_matter() -> None:
    times = np.array(["2026-01-01T00:00", "2026-01-02T00:00"], dtype="datetime64[us]")
    rows = pa.table({"a_id": ["1", "2"], "at": pa.array(times)})
    moved = pa.table({"a_id": ["1", "2"], "at": pa.array(times + 1)})
    assert training_fingerprint(rows, ["a_id"]) != training_fingerprint(moved, ["a_id"])


def test_code_version_follows_names_and_text_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("x = 1\n")
    second.write_text("y = 2\n")
    before = code_version([first, second])
    assert code_version([second, first]) == before
    second.write_text("y = 3\n")
    assert code_version([first, second]) != before


def test_model_version_depends_on_each_part() -> None:
    parts = ["recommender", "ease", "{}", "f", "p", "c"]
    versions = {model_version(*parts)}
    for place in range(len(parts)):
        versions.add(model_version(*parts[:place], parts[place] + "!", *parts[place + 1 :]))
    assert len(versions) == len(parts) + 1
    assert all(len(version) == 16 for version in versions)


def test_package_versions_name_packages_and_python() -> None:
    assert package_versions(["numpy"]).startswith(f'{{"numpy":"{np.__version__}","python":"3.')
