"""Cases that take turns: a few of them each day, all of them in `make test-long`."""

import datetime as dt
from collections.abc import Sequence

import pytest


def of_today(cases: Sequence[object], number: int) -> list:
    """All cases as parameters; those that are not due today are long tests."""
    first = dt.datetime.now(dt.UTC).date().toordinal() * number % len(cases)
    due = {(first + place) % len(cases) for place in range(number)}
    return [
        pytest.param(case, id=str(case), marks=[] if place in due else [pytest.mark.long])
        for place, case in enumerate(cases)
    ]
