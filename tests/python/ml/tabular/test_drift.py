"""The stability index by hand, its laws, and what counts as a drift."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.tabular.artifacts import artifact_rows, read_references
from marquee.ml.tabular.drift import (
    DRIFTED,
    MOVED,
    STABLE,
    Reference,
    measure_drift,
    reference_of,
    references_of,
    stability_index,
    would_help,
)
from marquee.ml.tabular.features import Features
from marquee.ml.tabular.specification import DriftLimits
from marquee.ml.tabular.targets import FAMILIES
from marquee.ml.tabular.training import train_candidates

from .test_training import features_of, rows_of, specification, target_of

LIMITS = DriftLimits()


def numbers(*values: float) -> Features:
    return Features(len(values), {"x": np.array(values, dtype=np.float64)}, {})


def texts(*values: str) -> Features:
    return Features(len(values), {}, {"x": np.array(values, dtype=np.str_)})


def test_the_index_by_hand() -> None:
    # (0.5 - 0.25) ln(0.5 / 0.25) + (0.5 - 0.75) ln(0.5 / 0.75)
    assert stability_index([50, 50], [1, 3]) == pytest.approx(
        0.25 * math.log(2.0) + 0.25 * math.log(1.5)
    )
    # An empty bin counts as half a row, one that is empty on both sides not at all.
    assert stability_index([10, 0, 0], [5, 0, 5]) == pytest.approx(
        0.5 * math.log(2.0) + 0.45 * math.log(10.0)
    )


COUNTS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=12)


@given(COUNTS.filter(lambda pairs: all(map(sum, zip(*pairs, strict=True)))), st.integers(1, 9))
def test_laws_of_the_index(pairs: list[tuple[int, int]], times: int) -> None:
    left, right = (list(side) for side in zip(*pairs, strict=True))
    index = stability_index(left, right)
    assert index >= 0.0
    assert index == stability_index(right, left)
    assert index == stability_index(left[::-1], right[::-1])
    assert stability_index(left, [times * count for count in left]) == pytest.approx(0.0, abs=1e-12)


def test_tenths_are_values_of_rows_and_equal_ones_lie_below() -> None:
    found = reference_of(numbers(*range(1, 21), np.nan), "x")
    assert found.cut_points == (2, 4, 6, 8, 10, 12, 14, 16, 18)
    assert found.counts == (2,) * 10
    assert found.missing_count == 1


def test_a_frequent_value_has_a_bin_of_its_own() -> None:
    found = reference_of(numbers(*[1.0] * 95, *[0.0] * 5), "x")
    assert found.cut_points == (0.0, 1.0)
    assert found.counts == (5, 95, 0)
    assert found.binned(numbers(0.0, 0.5, 1.0, 2.0, np.nan)) == (1, 2, 1, 1)


def test_minus_zero_and_few_or_no_values() -> None:
    assert str(reference_of(numbers(-0.0), "x").cut_points) == "(0.0,)"
    nothing = reference_of(numbers(np.nan, np.nan), "x")
    assert (nothing.cut_points, nothing.counts, nothing.missing_count) == ((), (0,), 2)


def test_categories_as_they_are_and_rare_ones_together() -> None:
    found = reference_of(texts(*["b"] * 10, *["a"] * 12, *["rare"] * 9, "", ""), "x")
    assert found.categories == ("a", "b")
    assert (found.counts, found.missing_count) == ((12, 10, 9), 2)
    assert found.binned(texts("a", "unseen", "", "b", "a")) == (2, 1, 1, 1)


@given(
    st.lists(st.one_of(st.floats(-1e9, 1e9), st.just(math.nan), st.integers(0, 3).map(float))),
    st.randoms(use_true_random=False),
)
def test_no_order_of_rows_changes_a_reference(values: list[float], random) -> None:
    shuffled = random.sample(values, len(values))
    found = reference_of(numbers(*values), "x")
    assert found == reference_of(numbers(*shuffled), "x")
    assert found.with_missing == found.binned(numbers(*shuffled))
    assert sum(found.with_missing) == len(values)
    assert list(found.cut_points) == sorted(set(found.cut_points))


def reference(*counts: int, missing: int = 0) -> Reference:
    return Reference("x", "value", tuple(range(1, len(counts))), (), counts, missing)


@pytest.mark.parametrize(
    ("scored", "missing", "status"),
    [
        ((500, 500), 0, STABLE),
        ((400, 600), 0, STABLE),  # 0.0405
        ((340, 660), 0, MOVED),  # 0.1061
        ((240, 760), 0, DRIFTED),  # 0.2997
        ((470, 470), 60, MOVED),
        ((390, 390), 220, DRIFTED),
    ],
)
def test_status_follows_index_and_missing_share(
    scored: tuple[int, int], missing: int, status: str
) -> None:
    values = np.repeat([0.5, 1.5, np.nan], [*scored, missing])
    # Some values were missing in training, or the index would jump with the first one.
    [found] = measure_drift([reference(499, 499, missing=2)], numbers(*values), LIMITS)
    assert found.status == status
    assert (found.training_count, found.training_missing_count) == (1000, 2)
    assert (found.scored_count, found.scored_missing_count) == (1000, missing)


def test_few_rows_are_no_drift() -> None:
    [few] = measure_drift([reference(50, 50)], numbers(0.5, 1.5, 1.5, 1.5), LIMITS)
    assert few.stability_index > LIMITS.drifted_index
    assert few.stability_index < few.chance_index
    assert few.status == STABLE
    # The chi-square distribution with one degree of freedom exceeds 10.828 once in a thousand.
    assert few.chance_index == pytest.approx(10.828 * (1 / 100 + 1 / 4), rel=1e-4)
    assert measure_drift([reference(50, 50)], numbers(), LIMITS) == []


def test_chance_alone_moves_as_few_features_as_it_may() -> None:
    generator = np.random.default_rng(5)
    statuses = []
    for _ in range(300):
        before, now = generator.normal(size=400), generator.normal(size=60)
        [drift] = measure_drift([reference_of(numbers(*before), "x")], numbers(*now), LIMITS)
        statuses.append(drift.status)
    assert statuses.count(STABLE) >= 297


def test_a_drift_asks_for_a_training_only_if_that_brings_rows_nearer() -> None:
    last = [reference(500, 500)]
    today = numbers(*[0.5] * 100, *[1.5] * 900)
    as_before, nearer = numbers(*[0.5, 1.5] * 500), numbers(*[0.5] * 300, *[1.5] * 700)
    farther = numbers(*[0.5] * 700, *[1.5] * 300)
    assert would_help(last, today, as_before, LIMITS, []) == []
    assert would_help(last, today, farther, LIMITS, []) == []
    assert would_help(last, today, nearer, LIMITS, []) == ["x"]
    assert would_help(last, today, nearer, LIMITS, ["x"]) == []
    assert would_help(last, numbers(), nearer, LIMITS, []) == []
    # What was just trained on these rows has nothing to gain, however far today lies.
    assert would_help([reference_of(nearer, "x")], today, nearer, LIMITS, []) == []


def test_references_survive_their_artefacts() -> None:
    features = features_of(400)
    trained = train_candidates(
        rows_of(features, target_of(features, "binary")), FAMILIES, specification()
    )
    for family in ("linear", "boosting"):
        kept = trained[family].model.encoding.features
        assert "first" in kept
        found = read_references(artifact_rows(trained[family], {}))
        assert found == references_of(features, kept)
    assert read_references(artifact_rows(trained["constant"], {})) == []


def test_limits_are_in_order() -> None:
    with pytest.raises(ValueError, match="moved_index is above drifted_index"):
        DriftLimits(moved_index=0.3)
