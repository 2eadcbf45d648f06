"""The limits of the arguments, and the random streams."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.synthetic import EventFaultRates, SyntheticConfiguration


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0}, "scale is 0: choose 0.001"),
        ({"scale": -1.0}, "scale is -1.0: choose 0.001"),
        ({"scale": float("nan")}, "scale is nan: choose 0.001"),
        ({"seed": -1}, "seed is -1: choose an integer from 0"),
        ({"days": 13}, "days is 13: choose 14 to 3660"),
        ({"late_rate": 0.9}, "late_rate is 0.9: choose a share from 0 to 0.5"),
        ({"resent_file_count": 181}, r"resent_file_count is 181: choose 0 to days \(180\)"),
        ({"extract_interval_days": 0}, r"extract_interval_days is 0: choose 1 to days \(180\)"),
        ({"drift_share": 2}, "drift_share is 2: choose a share from 0 to 1"),
        ({"event_faults": EventFaultRates(broken_json=0.5)}, "broken_json is 0.5: choose a share"),
    ],
)
def test_bad_arguments_are_refused_with_a_remedy(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SyntheticConfiguration(**arguments)


@given(scale=st.floats(0.001, 50))
def test_titles_shrink_more_slowly_than_customers(scale: float) -> None:
    small, large = SyntheticConfiguration(scale=scale), SyntheticConfiguration(scale=2 * scale)
    assert small.customer_count < large.customer_count
    assert large.title_count / small.title_count < large.customer_count / small.customer_count


@given(seed=st.integers(0, 2**63), names=st.lists(st.text(min_size=1), min_size=2, unique=True))
def test_a_stream_depends_on_seed_and_name_alone(seed: int, names: list[str]) -> None:
    configuration = SyntheticConfiguration(seed=seed)
    first = {name: configuration.random(name).integers(2**63) for name in names}
    second = {name: configuration.random(name).integers(2**63) for name in reversed(names)}
    assert first == second
    assert len(set(first.values())) == len(names)


@given(days=st.integers(14, 400), interval=st.integers(1, 14))
def test_extracts_are_evenly_apart_and_end_with_the_last_day(days: int, interval: int) -> None:
    chosen = SyntheticConfiguration(days=days).extract_days(interval)
    assert chosen[-1] == days - 1
    assert all(later - earlier == interval for earlier, later in pairwise(chosen))
    assert 0 <= chosen[0] < interval
