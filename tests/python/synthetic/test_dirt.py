"""Faults are planted in exact numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marquee.synthetic import PaymentFaultRates, TagFaultRates
from marquee.synthetic.dirt import CODE, planted_codes, soil

rates = st.floats(0, 0.05)


@given(few=rates, many=rates, bad=rates, row_count=st.integers(20, 5_000))
def test_each_rate_gives_its_exact_count(
    few: float, many: float, bad: float, row_count: int
) -> None:
    faults = TagFaultRates(too_few_fields=few, too_many_fields=many, bad_utf8=bad)
    codes = planted_codes(np.random.default_rng(0), row_count, faults)
    for kind, rate in (("too_few_fields", few), ("too_many_fields", many), ("bad_utf8", bad)):
        expected = max(1, round(rate * row_count)) if rate else 0
        assert (codes == CODE[kind]).sum() == expected


@given(row_count=st.integers(0, 3))
def test_never_more_faults_than_rows(row_count: int) -> None:
    codes = planted_codes(np.random.default_rng(0), row_count, TagFaultRates())
    assert len(codes) == row_count
    assert (codes > 0).all()


@given(times=st.lists(st.integers(0, 10**12), min_size=20, max_size=300), seed=st.integers(0, 9))
def test_every_row_lands_and_duplicates_come_after_their_originals(
    times: list[int], seed: int
) -> None:
    landed_at = np.sort(np.array(times))
    faults = PaymentFaultRates(duplicate_row=0.05)
    soiled = soil(np.random.default_rng(seed), landed_at, faults, end_us=10**12 + 1)
    is_added = soiled.fault == CODE["duplicate_row"]
    assert sorted(soiled.row[~is_added].tolist()) == list(range(len(times)))
    assert (np.diff(soiled.landed_at) >= 0).all()
    place = {row: n for n, row in enumerate(soiled.row.tolist()) if not is_added[n]}
    for n in np.flatnonzero(is_added).tolist():
        assert place[int(soiled.row[n])] < n
