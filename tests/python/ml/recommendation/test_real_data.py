"""Quality on public data, against the marks that simple, well-tuned methods reached on it."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from marquee.ml.recommendation import (
    INTERACTION_SCHEMA,
    RecommenderSpecification,
    evaluate_recommenders,
)

FOLDER = os.environ.get("MARQUEE_REAL_DATA")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="MARQUEE_REAL_DATA names no folder")


def read(name: str, ids: tuple[str, str]) -> pa.Table:
    options = pa.csv.ConvertOptions(column_types=dict.fromkeys(ids, pa.string()))
    return pa.csv.read_csv(Path(FOLDER or "") / name, convert_options=options)


def times(seconds: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.multiply(seconds, 1_000_000).cast(pa.timestamp("us"))


def figures(evaluations: pa.Table, metric: str) -> dict[tuple[str, str], float]:
    rows = evaluations.filter(pc.field("metric") == metric).to_pylist()
    return {(row["algorithm"], row["split"]): float(row["value"]) for row in rows}


@pytest.mark.slow
def test_ratings() -> None:
    ratings = read("ml-latest-small/ratings.csv", ("userId", "movieId"))
    at = times(ratings["timestamp"])
    # A rating of 3.5, the mean, weighs 1.
    weights = pc.round(pc.divide(ratings["rating"], 3.5), 4)
    columns = [
        ratings["userId"],
        ratings["movieId"],
        weights.cast(pa.decimal128(12, 4)),
        ratings["rating"].cast(pa.decimal128(3, 1)),
        at,
        at,
    ]
    specification = RecommenderSpecification(splits=("random", "customer_time"))
    evaluations = evaluate_recommenders(pa.table(columns, schema=INTERACTION_SCHEMA), specification)
    ndcg = figures(evaluations, "ndcg_at_10")
    assert 0.16 < ndcg["popularity", "random"] < 0.19
    assert ndcg["item_knn", "random"] > 0.295
    assert ndcg["als", "random"] > 0.33
    assert ndcg["ease", "random"] >= 0.35
    assert ndcg["ease", "customer_time"] >= 0.137
    rmse = figures(evaluations, "rmse")
    assert rmse["biases", "five_fold"] <= 0.89
    assert rmse["biased_mf", "five_fold"] <= 0.875


@pytest.mark.slow
def test_watch_and_click_events() -> None:
    events = read("watch-click/interactions.csv", ("USER_ID", "ITEM_ID"))
    rows = events.group_by(["USER_ID", "ITEM_ID"]).aggregate(
        [("TIMESTAMP", "count"), ("TIMESTAMP", "min"), ("TIMESTAMP", "max")]
    )
    columns = [
        rows["USER_ID"],
        rows["ITEM_ID"],
        rows["TIMESTAMP_count"].cast(pa.decimal128(19, 0)).cast(pa.decimal128(12, 4), safe=False),
        pa.nulls(rows.num_rows, pa.decimal128(3, 1)),
        times(rows["TIMESTAMP_min"]),
        times(rows["TIMESTAMP_max"]),
    ]
    specification = RecommenderSpecification(splits=("auto",))
    evaluations = evaluate_recommenders(pa.table(columns, schema=INTERACTION_SCHEMA), specification)
    ndcg = figures(evaluations, "ndcg_at_10")
    assert ndcg["ease", "customer_time"] >= 0.12
    assert ndcg["als", "customer_time"] >= 0.115
    assert ndcg["item_knn", "customer_time"] >= 0.115
    assert "rating_predictor" not in evaluations["model_name"].to_pylist()
