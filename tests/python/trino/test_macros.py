"""Macros that differ by engine give the same rows on both, at the edges too."""

from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from tests.python.conftest import PROJECT, environment
from tests.python.trino.conftest import Twins

pytestmark = pytest.mark.slow

EDGES = [
    (0, 5), (1, 3), (-1, 3), (1, -3), (-1, -3), (1, 2), (5, 100_000), (-5, 100_000), (4, 100_000),
    (1, 20_000), (3, 20_000), (-3, 20_000), (2, 0), (None, 2), (2, None), (None, None), (0, 0),
    (9_999_999_999, 1), (9_223_372_036_854_775_807, 9_223_372_036_854_775_806), (7, 7),
    (1, 9_223_372_036_854_775_807),
]  # fmt: skip


def rows_of(twins: Twins, engine: str, query: str) -> list[tuple[Any, ...]]:
    """Run a query with macros through dbt; every column is text, so that nothing is rounded."""
    deployment = twins.deployment
    with environment(deployment.paths.environment() | deployment.settings):
        result = dbtRunner().invoke(
            ["show", "--inline", query, "--limit", "-1", "--quiet", "--output", "json",
             "--target", engine, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
             "--target-path", str(deployment.target(engine)),
             "--log-path", str(deployment.paths.home / "logs")]
        )  # fmt: skip
        DuckDBConnectionManager.close_all_connections()
    assert result.success, result.exception
    table = result.result.results[0].agate_table
    return [tuple(row) for row in table.rows]


def both(twins: Twins, query: str) -> list[tuple[Any, ...]]:
    first, second = (rows_of(twins, engine, query) for engine in ("duckdb", "trino"))
    assert first == second
    return first


def rounded(numerator: int | None, denominator: int | None, scale: int) -> Decimal | None:
    """What school says: halves go away from zero."""
    if numerator is None or not denominator:
        return None
    quotient = abs(Fraction(numerator, denominator)) * 10**scale
    whole = (2 * quotient.numerator + quotient.denominator) // (2 * quotient.denominator)
    sign = -1 if numerator * denominator < 0 else 1
    return (Decimal(sign * whole) / 10**scale).quantize(Decimal(1).scaleb(-scale))


@pytest.mark.parametrize("scale", [1, 4, 8])
def test_exact_rate_rounds_halves_away_from_zero(twins: Twins, scale: int):
    edges = [edge for edge in EDGES if scale < 8 or edge != (9_999_999_999, 1)]
    values = ", ".join(
        f"({number}, cast({n} as bigint), cast({d} as bigint))".replace("None", "null")
        for number, (n, d) in enumerate(edges)
    )
    rows = both(
        twins,
        "select row_number, "
        f"'x' || cast({{{{ exact_rate('n', 'd', {scale}) }}}} as varchar) as rate from "
        f"(values {values}) as edges (row_number, n, d) order by row_number",
    )
    found = [None if rate is None else Decimal(rate[1:]) for _, rate in rows]
    assert found == [rounded(n, d, scale) for n, d in edges]


def test_exact_root_is_the_nearest_whole_number(twins: Twins):
    """Where a root is nearest to a half: k² + k lies just below k + 1/2, one more just above."""
    numbers = [0, 1, 2, 3, 10**12 - 1, 10**12]
    for k in (1, 1_000, 123_456, 707_106, 999_999):
        numbers += [k * k, k * k + k, k * k + k + 1]
    values = ", ".join(f"(cast({number} as bigint))" for number in numbers)
    rows = both(
        twins,
        f"select number, {{{{ exact_root('number') }}}} as root from (values {values}) "
        "as squares (number) order by number",
    )
    for number, root in rows:
        below = isqrt(int(number))
        assert int(root) == below + (int(number) > below * below + below)


def test_wilson_bound_is_the_interval_of_the_books(twins: Twins):
    """Right to 0.0002 of three trials, and closer with more; four million count at most."""
    cases = [
        (rate, trials)
        for rate in ("0", "0.000001", "0.1", "0.5", "0.999999", "1")
        for trials in (3, 30, 1_000, 4_000_000, 10**10)
    ]
    values = ", ".join(
        f"({number}, cast('{rate}' as decimal(18, 6)), cast({trials} as bigint))"
        for number, (rate, trials) in enumerate([*cases, ("0", 3)])
    ).replace(f"({len(cases)}, cast('0' ", f"({len(cases)}, cast(null ")
    bounds = ", ".join(
        f"coalesce('x' || cast({{{{ wilson_bound('rate', 'trials', '{sign}') }}}} as varchar), '')"
        f" as {name}"
        for sign, name in (("-", "lower_bound"), ("+", "upper_bound"))
    )
    rows = both(
        twins,
        f"select row_number, {bounds} from (values {values}) "
        "as cases (row_number, rate, trials) order by row_number",
    )
    for (rate, trials), (_, *texts) in zip(cases, rows[:-1], strict=True):
        counted, p, z = min(trials, 4_000_000), float(rate), 1.959963984540054
        middle = (counted * p + z * z / 2) / (counted + z * z)
        half = z * (counted * p * (1 - p) + z * z / 4) ** 0.5 / (counted + z * z)
        found = [float(text[1:]) for text in texts]
        expected = [max(middle - half, 0.0), min(middle + half, 1.0)]
        assert found == pytest.approx(expected, abs=1e-3 / counted + 1e-6)
        assert found[0] <= p <= found[1]
    assert list(rows[-1][1:]) in (["", ""], [None, None])


def test_exact_rate_of_nothing_is_nothing(twins: Twins):
    query = (
        "select {{ exact_rate('sum(n)', 'count(n)') }} is null as is_null "
        "from (values (cast(1 as bigint))) as one (n) where n > 1"
    )
    assert both(twins, query) == [(True,)]


def test_the_broadcast_day_begins_at_four(twins: Twins):
    """The border itself, the leap day, the turn of the year, null."""
    moments = {
        "2024-02-29 03:59:59.999999": "2024-02-28",
        "2024-02-29 04:00:00.000000": "2024-02-29",
        "2024-03-01 00:00:00.000000": "2024-02-29",
        "2023-03-01 03:00:00.000000": "2023-02-28",
        "2025-01-01 03:59:00.000000": "2024-12-31",
    }
    values = ", ".join(f"(cast('{moment}' as timestamp(6)))" for moment in moments)
    rows = both(
        twins,
        "select 'x' || cast({{ broadcast_date('moment') }} as varchar) as day "
        f"from (values {values}, (cast(null as timestamp(6)))) as m (moment) "
        "order by moment nulls last",
    )
    expected = [moments[moment] for moment in sorted(moments)]
    assert [day and day[1:] for (day,) in rows] == [*expected, None]


def test_text_survives_both_engines(twins: Twins):
    texts = ["", " ", "naïve", "日本語", "🎬 'quoted'", "a\\b", "e\u0301"]
    values = ", ".join("('" + text.replace("'", "''") + "')" for text in texts)
    rows = both(
        twins,
        "select 'x' || text || 'x' as padded, length(text) as characters, lower(text) as low "
        f"from (values {values}, (cast(null as varchar))) as t (text) order by text nulls last",
    )
    assert {row[0][1:-1] for row in rows if row[0]} == set(texts)
