"""Retention offers of the synthetic service: what each order of offers is worth by the known truth.

`make benchmark-uplift` runs it on a service that is built already (`MARQUEE_HOME`). What an offer
does to each customer is known below `truth/`, so an order is measured without any chance in the
outcomes. How many offers it takes is measured by drawing chance and outcomes of the same customers
anew, several times over, by the known hazards; the last of these decides. It ends with an error if
the order by expected effect is then not above that by risk.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import yaml
from cost import PROJECT

from marquee.ml.tabular.features import FloatArray
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.uplift import compare_rankings, predict_offers
from marquee.ml.uplift.qini import qini_within_folds

HORIZON_DAYS = 30
TIMES = [int(text) for text in os.environ.get("TIMES", "1 4 16").split()]
SEEDS = (1, 2, 3)
SOURCES = {
    "snapshots": "features.feat_customer_snapshots",
    "labels": "features.label_customer_churn",
    "genre_shares": "features.feat_customer_genre_shares",
}


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of each offer with a snapshot and a known outcome, in the order of their ids.

    Attributes:
        hazard: Daily hazard of cancelling on that day, shape (offers,).
        effect: What the offer adds to its logarithm, shape (offers,).
    """

    offers: pa.Table
    hazard: FloatArray
    effect: FloatArray

    def churn_probability(self, is_treated: FloatArray) -> FloatArray:
        """Give the probability of leaving within the horizon, shape (offers,)."""
        return 1.0 - np.exp(-HORIZON_DAYS * self.hazard * np.exp(is_treated * self.effect))

    @property
    def reduction(self) -> FloatArray:
        """By how much an offer lowers it, shape (offers,)."""
        nobody = np.zeros(len(self.hazard))
        return self.churn_probability(nobody) - self.churn_probability(nobody + 1.0)

    def drawn(self, times: int, seed: int) -> tuple[pa.Table, FloatArray]:
        """Draw chance and outcomes of each offer anew, so many times; with the true reductions."""
        random = np.random.default_rng(seed)
        share = self.offers["treatment_probability"].cast(pa.float64(), safe=False).to_numpy()
        tables = []
        for time in range(times):
            is_treated = random.random(len(share)) < share
            churned = random.random(len(share)) < self.churn_probability(is_treated.astype(float))
            ids = [f"{own}-{time:03d}" for own in self.offers["offer_id"].to_pylist()]
            table = self.offers
            for name, values in (
                ("offer_id", ids),
                ("is_treated", is_treated),
                ("is_churned", churned),
            ):
                place = table.column_names.index(name)
                table = table.set_column(place, name, pa.array(values))
            tables.append(table)
        everything = pa.concat_tables(tables)
        reductions = np.tile(self.reduction, times)
        order = np.argsort(np.asarray(everything["offer_id"].to_pylist()), kind="stable")
        return everything.take(pa.array(order)), reductions[order]


def main() -> None:
    """Measure, and print the page."""
    home = Path(os.environ.get("MARQUEE_HOME", PROJECT / "var"))
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        tables = {
            name: connection.sql(f"from {relation}").to_arrow_table()
            for name, relation in SOURCES.items()
        }
        truth = read_truth(connection, home / "truth" / "retention_offers.parquet")
        scale = connection.sql(
            f"select scale from read_json_auto('{home / 'truth' / 'configuration.json'}')"
        ).fetchall()[0][0]
    meta = settings()
    specification = ModelSpecification.from_mapping(meta["specification"])

    def predicted(offers: pa.Table) -> pa.Table:
        return predict_offers(
            offers=offers,
            specification=specification,
            effect_features=meta["effect_features"],
            **tables,
        )

    print("# Retention offers by the known truth\n")
    print("Customers kept per 1,000 in the list, more than by chance, on average over all shares")
    print(f"that get an offer. Scale {scale}; made by `make benchmark-uplift`.\n")
    print("| offers | by expected effect | by risk | best possible | left alone, rightly |")
    print("|---|---|---|---|---|")
    row(f"{truth.offers.num_rows:,} as they were", [(predicted(truth.offers), truth.reduction)])
    gaps = np.zeros(0)
    for times in TIMES:
        found = []
        for seed in SEEDS:
            offers, reductions = truth.drawn(times, seed)
            found.append((predicted(offers), reductions))
        gaps = row(f"{times * truth.offers.num_rows:,} drawn anew, {len(SEEDS)} seeds", found)
    observed = compare_rankings(truth.offers, predicted(truth.offers), specification).to_pylist()
    print("\nWhat the service itself can see of the offers as they were (95 % intervals):\n")
    for own in observed:
        print(
            f"- by {own['ranking_name']}: {per_thousand(own['qini_coefficient'])} "
            f"({per_thousand(own['lower_bound'])} to {per_thousand(own['upper_bound'])})"
        )
    if not (gaps > 0.0).all():
        raise SystemExit("The order by expected effect is not above the order by risk.")


def row(name: str, found: list[tuple[pa.Table, FloatArray]]) -> FloatArray:
    """Print what the orders are worth on average; return by effect less by risk, shape (draws,)."""
    values, rightly = [], []
    for predictions, reductions in found:
        folds = predictions["fold"].to_numpy()
        scores = [
            predictions[column].cast(pa.float64()).to_numpy()
            for column in ("churn_reduction", "churn_probability")
        ]
        everybody = np.ones(len(folds))
        values.append([
            qini_within_folds(own, reductions, folds)(everybody) for own in (*scores, reductions)
        ])  # fmt: skip
        is_alone = predictions["least_log_odds_effect"].cast(pa.float64()).to_numpy() > 0.0
        rightly.append(
            (is_alone.mean(), (reductions[is_alone] < 0.0).sum() / max(is_alone.sum(), 1))
        )
    means, alone = np.mean(values, axis=0), np.mean(rightly, axis=0)
    cells = [per_thousand(value) for value in means]
    print(f"| {name} | {' | '.join(cells)} | {alone[0]:.1%}, {alone[1]:.0%} |")
    table = np.array(values)
    return np.asarray(table[:, 0] - table[:, 1])


def read_truth(connection: duckdb.DuckDBPyConnection, path: Path) -> Truth:
    """Read offers whose outcome and snapshot are known, beside what is true of them."""
    table = connection.sql(f"""
        select offers.*, truth.daily_hazard, truth.log_hazard_effect
        from features.label_retention_offers as offers
        inner join read_parquet('{path}') as truth using (offer_id)
        inner join features.feat_customer_snapshots as snapshots
            on offers.customer_id = snapshots.customer_id
            and offers.as_of_date = snapshots.as_of_date
        where offers.is_churned is not null
        order by offers.offer_id
    """).to_arrow_table()
    hazard, effect = (
        table[name].to_numpy().astype(np.float64) for name in ("daily_hazard", "log_hazard_effect")
    )
    return Truth(table.drop(["daily_hazard", "log_hazard_effect"]), hazard, effect)


def settings() -> dict[str, object]:
    """Read the settings that the service uses."""
    path = PROJECT / "python_models" / "retention" / "_retention__models.yml"
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    [found] = [one["config"]["meta"] for one in models if one["name"] == "eval_offer_predictions"]
    return dict(found)


def per_thousand(value: object) -> str:
    """Write a share of 1 in thousandths."""
    return f"{1_000 * float(str(value)):.2f}"


if __name__ == "__main__":
    sys.exit(main())
