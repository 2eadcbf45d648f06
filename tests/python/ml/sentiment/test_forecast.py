"""Forecasts of sentiment on levels that are known."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.sentiment import ForecastSpecification, evaluate_forecasts, forecast_entities

DAY = dt.date(2026, 4, 1)
SPECIFICATION = ForecastSpecification(bootstrap_resamples=50)


def days(entities: int, length: int, *, drift: float, noise: float, seed: int = 1) -> pa.Table:
    """Entities whose level wanders by `drift` a day, with 3 posts a day that miss it by `noise`."""
    random = np.random.default_rng(seed)
    rows = []
    for entity in range(entities):
        level = random.normal(0.0, 0.3) + np.cumsum(random.normal(0.0, drift, length))
        for day in range(length):
            units = np.rint((level[day] + random.normal(0.0, noise, 3)) * 10_000).astype(int)
            rows.append(
                {
                    "entity_type": ("title", "brand")[entity % 2],
                    "entity_id": f"e{entity:03d}",
                    "sentiment_date": DAY - dt.timedelta(days=length - day),
                    "post_count": 3,
                    "score_units": int(units.sum()),
                    "squared_score_units": int((units**2).sum()),
                    "as_of_date": DAY,
                }
            )
    schema = pa.schema(
        [
            *(("entity_type", pa.string()), ("entity_id", pa.string())),
            ("sentiment_date", pa.date32()),
            *((f"{name}", pa.int64()) for name in ("post_count", "score_units")),
            *(("squared_score_units", pa.int64()), ("as_of_date", pa.date32())),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def figures(table: pa.Table) -> dict[str, dict]:
    return {row["metric"]: row for row in evaluate_forecasts(table, SPECIFICATION).to_pylist()}


def test_a_steady_level_is_forecast_as_such_and_better_than_naive():
    table = days(30, 120, drift=0.0, noise=0.3)
    found = figures(table)
    assert found["rmse"]["difference_upper_bound"] < 0
    # The best there is: three posts' chance.
    assert float(found["rmse"]["value"]) == pytest.approx(0.3 / np.sqrt(3), rel=0.1)
    assert 0.75 < found["coverage_80"]["value"] < 0.85
    rows = forecast_entities(table, SPECIFICATION).to_pylist()
    assert len(rows) == 30 * 7
    assert {row["forecast_verdict"] for row in rows} == {"better than naive"}
    assert rows[0]["forecast_date"] == DAY
    for row in rows:
        assert -1 <= row["forecast_lower_bound"] < row["forecast_score"]
        assert row["forecast_score"] < row["forecast_upper_bound"] <= 1


def test_what_wanders_and_has_no_chance_is_no_better_than_naive():
    found = figures(days(30, 120, drift=0.05, noise=0.0))
    assert found["rmse"]["difference_upper_bound"] >= -0.005
    assert 0.7 < found["coverage_80"]["value"] < 0.9
    # But the mean of all that was is far off.
    assert found["rmse_beside_mean"]["difference_upper_bound"] < 0


def test_the_order_of_rows_changes_nothing():
    table = days(6, 60, drift=0.01, noise=0.3)
    order = np.random.default_rng(2).permutation(len(table))
    turned = table.take(pa.array(order))
    assert forecast_entities(turned, SPECIFICATION).equals(forecast_entities(table, SPECIFICATION))
    assert evaluate_forecasts(turned, SPECIFICATION).equals(
        evaluate_forecasts(table, SPECIFICATION)
    )


def test_nothing_after_the_snapshot_day_counts():
    table = days(6, 60, drift=0.01, noise=0.3)
    later = table.slice(0, 1).set_column(2, "sentiment_date", pa.array([DAY], pa.date32()))
    both = pa.concat_tables([table, later])
    assert forecast_entities(both, SPECIFICATION).equals(forecast_entities(table, SPECIFICATION))


def test_without_entities_there_is_no_forecast():
    nothing = days(1, 60, drift=0.0, noise=0.1).slice(0, 0)
    assert len(forecast_entities(nothing, SPECIFICATION)) == 0
    assert len(evaluate_forecasts(nothing, SPECIFICATION)) == 0
    few = days(1, 6, drift=0.0, noise=0.1)
    assert len(forecast_entities(few, SPECIFICATION)) == 0


def test_too_few_errors_are_said_to_be():
    short = days(2, 10, drift=0.0, noise=0.1)
    [*measures] = evaluate_forecasts(short, SPECIFICATION).to_pylist()
    assert {row["value"] for row in measures} == {None}
    verdicts = forecast_entities(short, SPECIFICATION)["forecast_verdict"].unique().to_pylist()
    assert verdicts == ["not measured yet"]
