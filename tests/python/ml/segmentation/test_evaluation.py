"""What is measured of segments, beside rules and beside the champion."""

import pyarrow as pa
import pytest

from marquee.ml.segmentation import EVALUATION_SCHEMA, evaluate_segments, train_segments
from tests.python.ml.segmentation.cases import (
    DAY,
    planted,
    registered,
    rules,
    shuffled,
    specification,
    table,
    versions_of,
)


def figures(evaluations: pa.Table, version: str) -> dict[tuple[str, str], dict]:
    return {
        (row["split"], row["metric"]): row
        for row in evaluations.to_pylist()
        if row["model_version"] == version
    }


def test_segments_are_measured_beside_rules():
    tastes, _ = planted()
    artifacts = train_segments(tastes, specification())
    found = evaluate_segments(tastes, rules(300), artifacts, specification())
    assert found.schema == EVALUATION_SCHEMA
    [version] = versions_of(artifacts)
    own, day = figures(found, version), f"customers_{DAY}"
    silhouette = own[day, "silhouette"]
    assert silhouette["value"] > 0.3 > 0.05 > silhouette["baseline_value"]
    assert silhouette["difference_lower_bound"] > 0
    assert own[day, "explained_share"]["difference"] > 0.3
    assert abs(own[day, "adjusted_rand_index_with_rules"]["value"]) < 0.05
    assert own[day, "technical_criterion"]["difference"] > 0
    assert float(own[day, "smallest_share"]["value"]) == pytest.approx(40 / 300, abs=0.02)
    counts = {split for split, _ in own if split.startswith("segments_")}
    assert counts == {f"segments_{count:02d}" for count in (2, 3, 4, 5, 6)}
    assert {metric for split, metric in own if split == "segments_04"} == {
        *("explained_share", "silhouette", "smallest_share", "sse_per_customer", "stability"),
    }


def test_the_order_of_the_rows_changes_no_figure():
    tastes, _ = planted()
    artifacts = train_segments(tastes, specification())
    expected = evaluate_segments(tastes, rules(300), artifacts, specification())
    again = evaluate_segments(
        shuffled(tastes, 1), shuffled(rules(300), 2), shuffled(artifacts, 3), specification()
    )
    assert again.equals(expected)


def test_a_challenger_is_compared_with_the_champion_on_the_same_customers():
    first = train_segments(planted()[0], specification(segment_counts=[2]))
    [champion] = versions_of(first)
    tastes, _ = planted(seed=4)
    known = registered(first, champion)
    artifacts = train_segments(tastes, specification(), known)
    found = evaluate_segments(tastes, rules(300), artifacts, specification(), known)
    [challenger] = [version for version in versions_of(artifacts) if version != champion]
    gain = figures(found, challenger)[f"customers_{DAY}", "gain_over_champion"]
    assert gain["difference_lower_bound"] > 0
    difference = float(gain["value"] - gain["baseline_value"])
    assert difference == pytest.approx(float(gain["difference"]), abs=1e-7)
    assert (f"customers_{DAY}", "registered_champion") in figures(found, champion)
    assert (f"customers_{DAY}", "gain_over_champion") not in figures(found, champion)


def test_without_segments_there_is_nothing_to_measure():
    empty = train_segments(table([]), specification())
    found = evaluate_segments(table([]), rules(0), empty, specification())
    assert found.num_rows == 0
    assert found.schema == EVALUATION_SCHEMA


def test_a_champion_without_customers_stays_known():
    artifacts = train_segments(planted()[0], specification())
    [champion] = versions_of(artifacts)
    few, _ = planted((10,), plays=3)
    found = evaluate_segments(
        few, rules(10), artifacts, specification(), registered(artifacts, champion)
    )
    own = figures(found, champion)
    assert own[f"customers_{DAY}", "silhouette"]["value"] is None
    assert (f"customers_{DAY}", "registered_champion") in own


def test_a_criterion_has_to_ask_for_a_figure_that_exists():
    tastes, _ = planted()
    criteria = {
        "technical": {"metric": "auc", "minimum": 0.5},
        "business": {"metric": "smallest_share", "minimum": 0.02},
    }
    artifacts = train_segments(tastes, specification())
    with pytest.raises(ValueError, match="auc"):
        evaluate_segments(tastes, rules(300), artifacts, specification(success_criteria=criteria))
