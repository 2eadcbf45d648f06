"""The promise: another engine is another target, and every table stays the same."""

import json

import pytest

from tests.python.trino.conftest import Twins

pytestmark = pytest.mark.slow


def assert_equal(twins: Twins) -> None:
    comparisons = twins.comparisons()
    manifest = json.loads((twins.deployment.target() / "manifest.json").read_text())
    kinds = ("model", "seed")
    expected = {k for k, node in manifest["nodes"].items() if node["resource_type"] in kinds}
    assert {comparison.unique_id for comparison in comparisons} == expected
    different = {c.unique_id: c.differences for c in comparisons if c.differences}
    assert different == {}
    assert sum(comparison.row_count for comparison in comparisons) > 50_000


def test_every_model_is_equal(twins: Twins):
    assert_equal(twins)
