"""Training: what is found, what stays the same, and when nothing is trained."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.artifacts import read_artifacts
from marquee.ml.segmentation import SegmentSpecification, train_segments
from marquee.ml.segmentation.artifacts import chosen_count, read_candidates, read_segments
from marquee.ml.segmentation.candidates import Candidate, choose
from marquee.ml.segmentation.numbering import number_segments
from marquee.ml.segmentation.quality import adjusted_rand_index
from marquee.ml.segmentation.tastes import read_tastes
from marquee.ml.segmentation.training import labels_of
from tests.python.ml.segmentation.cases import (
    DAY,
    SETTINGS,
    alike,
    planted,
    registered,
    shuffled,
    specification,
    table,
    versions_of,
)


def only(artifacts: pa.Table) -> list:
    [rows] = read_artifacts(artifacts).values()
    return rows


def test_planted_segments_and_their_number_are_found():
    tastes, truth = planted()
    rows = only(train_segments(tastes, specification()))
    assert chosen_count(rows) == 4
    segments = read_segments(rows)
    assert segments.ids == (1, 2, 3, 4)
    assert adjusted_rand_index(labels_of(read_tastes(tastes), segments), truth) > 0.9
    sums = [figures["sum_of_squares"] for figures in read_candidates(rows).values()]
    assert sums == sorted(sums, reverse=True)
    # The largest is the first, and each is known by the genre that its customers love.
    traits = {row.entry_id: row.entry_text for row in rows if row.field_name == "trait_1_feature"}
    assert traits == {
        "1": "genre:action",
        "2": "genre:crime",
        "3": "genre:drama",
        "4": "genre:music",
    }


def test_the_order_of_the_rows_changes_no_bit():
    tastes, _ = planted()
    expected = train_segments(tastes, specification())
    assert train_segments(shuffled(tastes, 3), specification()).equals(expected)


def test_who_has_played_little_is_assigned_but_not_trained_with():
    tastes, _ = planted()
    few, _ = planted((30,), seed=9, plays=6)
    ids = pa.array([f"x{name}" for name in few["customer_id"].to_pylist()])
    both = pa.concat_tables([tastes, few.set_column(0, "customer_id", ids)])
    settings = specification(minimum_play_count=5, training_play_count=10)
    assert versions_of(train_segments(both, settings)) == versions_of(
        train_segments(tastes, settings)
    )


@pytest.mark.parametrize(
    "tastes", [table([]), planted((20, 20))[0], alike()], ids=["none", "few", "alike"]
)
def test_without_enough_different_customers_there_are_no_segments(tastes: pa.Table):
    assert train_segments(tastes, specification()).num_rows == 0


def test_more_segments_than_different_customers_are_not_tried():
    rows = [
        (f"c{n:04d}", f"genre:{('action', 'drama', 'war')[n % 3]}", DAY, 30, 1_000_000)
        for n in range(90)
    ]
    found = only(train_segments(table(rows), specification()))
    assert list(read_candidates(found)) == [2, 3]
    assert chosen_count(found) == 3


def candidate(count: int, silhouette: float, stability: float = 0.9, smallest: int = 10):
    sizes = np.array([smallest] + [50] * (count - 1))
    return Candidate(
        np.zeros((count, 1), dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        sizes,
        *(1.0, 0.5, silhouette, stability, stability, stability),
    )


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([candidate(3, 0.30), candidate(4, 0.295), candidate(5, 0.28)], 4),
        ([candidate(3, 0.30), candidate(4, 0.31, stability=0.5)], 3),
        ([candidate(3, 0.30), candidate(4, 0.31, smallest=1)], 3),
        ([candidate(3, 0.30, stability=0.2), candidate(4, 0.1, stability=0.3)], 4),
        ([candidate(3, 0.30, stability=0.2), candidate(4, 0.9, stability=0.2)], 3),
    ],
    ids=["near the best", "unstable", "a tiny segment", "none is stable", "equally unstable"],
)
def test_the_rule_for_the_number_of_segments(candidates: list[Candidate], expected: int):
    assert choose(candidates, specification()).segment_count == expected


def test_segments_keep_their_numbers_over_trainings():
    """A month later the smallest segment has become the largest."""
    tastes, _ = planted((120, 80, 60, 40))
    first = train_segments(tastes, specification())
    [version] = versions_of(first)
    later, truth = planted((60, 60, 60, 150), seed=5, day=DAY + dt.timedelta(days=30))
    second = read_artifacts(train_segments(later, specification(), registered(first, version)))
    assert version in second
    [newer] = [rows for name, rows in second.items() if name != version]
    loved = {row.entry_id: row.entry_text for row in newer if row.field_name == "trait_1_feature"}
    assert loved["1"] == "genre:action"
    assert loved["4"] == "genre:music"
    places = labels_of(read_tastes(later), read_segments(newer))
    assert adjusted_rand_index(places, truth) > 0.9
    # Without the registry the largest is the first.
    alone = only(train_segments(later, specification()))
    assert ("segment", "1", "trait_1_feature", "genre:music") in alone


def test_a_new_segment_gets_a_number_that_none_had():
    labels = np.array([0, 0, 0, 1, 1, 2, 2])
    older = np.array([1, 1, 1, 0, 0, 1, 1])
    assert number_segments(labels, 3, older, (2, 7), 0.3) == (7, 2, 8)
    assert number_segments(labels, 3, None, (), 0.3) == (1, 2, 3)
    # Half of it is elsewhere, which is too little to be the same one.
    assert number_segments(np.array([0, 0, 1, 1]), 2, np.array([0, 1, 0, 1]), (1, 2), 0.5) == (3, 4)


def test_between_trainings_the_version_of_the_last_one_goes_on():
    settings = specification(cadence="every 28 days")
    first = train_segments(planted()[0], settings)
    known = registered(first, versions_of(first)[0])
    soon, _ = planted((50, 50, 50, 50), seed=2, day=DAY + dt.timedelta(days=27))
    assert train_segments(soon, settings, known).equals(first)
    late, _ = planted((50, 50, 50, 50), seed=2, day=DAY + dt.timedelta(days=28))
    assert len(versions_of(train_segments(late, settings, known))) == 2
    # Other settings are no reason to wait.
    other = specification(cadence="every 28 days", segment_counts=[3])
    assert len(versions_of(train_segments(soon, other, known))) == 2


def test_nothing_is_trained_that_the_registry_holds(monkeypatch: pytest.MonkeyPatch):
    tastes, _ = planted()
    first = train_segments(tastes, specification())

    def try_nothing(*_: object) -> None:
        raise AssertionError("something was trained although nothing changed")

    monkeypatch.setattr("marquee.ml.segmentation.training.try_segment_counts", try_nothing)
    assert train_segments(tastes, specification(), registered(first, None)).equals(first)


@pytest.mark.parametrize(
    "entry", ["objective", "decision", "success_criteria", "segment_counts", "cadence"]
)
def test_a_lacking_entry_is_named(entry: str):
    settings = {name: value for name, value in SETTINGS.items() if name != entry}
    with pytest.raises(ValueError, match=f"lacks {entry}"):
        SegmentSpecification.from_mapping(settings)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cadence": "sometimes"}, "cadence"),
        ({"segment_counts": [1]}, "segment_counts"),
        ({"colour": 3}, "unknown setting colour"),
        ({"minimum_play_count": 50}, "training_play_count"),
        ({"success_criteria": {"technical": {"metric": "stability"}}}, "lacks success_criteria"),
    ],
)
def test_wrong_settings_are_refused(changed: dict, message: str):
    with pytest.raises(ValueError, match=message):
        specification(**changed)
