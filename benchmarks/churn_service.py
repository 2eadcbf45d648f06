"""Churn of the invented service beside the hazard that drives it, and what each stage costs.

`make benchmark-churn-service` runs it (`CHURN_SCALE`, default 0.2; `SEEDS`, default `7 8 9`). The
hazard is that of cancelling, so only cancellations count as leaving here. Nobody can know a hazard
from what customers do, so the champion is held against two oracles, on the same customers of the
newest labelled day, which neither has seen:

- the true hazard: the most that anybody could know on that day;
- the attainable: trees of the same kind over the same features, taught the logarithm of the true
  hazard instead of who happened to leave, on all days, this one included, but by other customers.
  What is missing to the true hazard is what features can't show of a latent state; what the
  champion is missing to the attainable is what it could have learned.

The selection of features is held against features that can't bear on anything: numbers and
categories drawn by chance for each row and for each customer, and each true feature again with
customers shuffled, so that its values, gaps and course over time are real and say nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import yaml
from cost import PROJECT, Cost, measure, table
from service import environment_of

from marquee.ml.churn.rows import labelled_rows, training_rows
from marquee.ml.tabular.features import Features, FloatArray
from marquee.ml.tabular.metrics import auc
from marquee.ml.tabular.screening import KEPT, screen
from marquee.ml.tabular.specification import (
    BoostingGrid,
    Candidates,
    LinearGrid,
    ModelSpecification,
    Selection,
)
from marquee.ml.tabular.splits import numbered_folds
from marquee.ml.tabular.targets import NUMERIC, Target
from marquee.ml.tabular.training import TrainingRows, train_candidates

SCALE = float(os.environ.get("SCALE", "0.2"))
SEEDS = [int(text) for text in os.environ.get("SEEDS", "7 8 9").split()]
MOST_BEHIND = 0.02
"""The champion's AUC may lie so far below the attainable."""
SLOPES = (0.9, 1.1)
"""Calibration slopes of the champion; 1 is a probability that can be taken at its word."""
LEAST_DROPPED = 0.95
"""Share of the planted features without any bearing that the selection has to drop."""
PLANTED = 20
"""Features drawn by chance of each kind: numbers or categories, by row or by customer."""
FOLDS = 5
GRID = BoostingGrid(
    leaves=(4, 8, 16), rounds=(150,), learning_rate=(0.05,), minimum_leaf_rows=(50,)
)
"""Trees of the attainable; the best by a validation split of other customers."""
DEFINITIONS = "{churn_definitions: [voluntary]}"

MARQUEE = [sys.executable, "-m", "marquee"]
DBT = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
STAGES = {
    "features and labels": "+feat_customer_snapshots +label_customer_churn",
    "training": "train_registered_churn_models train_churn_models",
    "evaluation": "eval_churn_models eval_churn_decisions eval_churn_drifts",
    "scoring": "score_customer_churn score_churn_contributions",
    "dbt alone, with one row": "eval_churn_champion",
    "held-back predictions": "eval_churn_predictions",
}
"""What dbt builds in one command each."""


@dataclass(frozen=True)
class Figures:
    """What one seed gave, on the customers of the newest labelled day."""

    seed: int
    customer_count: int
    churned_count: int
    algorithm: str
    champion_auc: float
    hazard_auc: float
    attainable_auc: float
    calibration_slope: float
    planted_count: int
    dropped_count: int
    costs: list[Cost]

    @property
    def behind(self) -> float:
        """How far the champion lies below the attainable."""
        return self.attainable_auc - self.champion_auc


def main() -> None:
    """Measure each seed, print the page, and end with an error if a mark is missed."""
    found = [measure_seed(seed) for seed in SEEDS]
    print("# Churn of the invented service\n")
    print(f"Scale {SCALE:g}, seeds {', '.join(map(str, SEEDS))}; the newest day with labels, which")
    print("training has not seen. Made by `make benchmark-churn-service`.\n")
    print("| seed | customers | left | champion | AUC | attainable | hazard | slope | dropped |")
    print("|---|---|---|---|---|---|---|---|---|")
    for own in found:
        print(
            f"| {own.seed} | {own.customer_count:,} | {own.churned_count:,} | {own.algorithm} "
            f"| {own.champion_auc:.4f} | {own.attainable_auc:.4f} | {own.hazard_auc:.4f} "
            f"| {own.calibration_slope:.3f} | {own.dropped_count} of {own.planted_count} |"
        )
    print("\nEach stage includes what dbt itself takes, which the stage with one row shows.\n")
    for own in found:
        print(f"## Seed {own.seed}\n\n{table(own.costs)}\n")
    print("| mark, over the seeds | reached | |\n|---|---|---|")
    is_good = True
    for mark, value, is_met in marks(found):
        is_good &= is_met
        print(f"| {mark} | {value} | {'yes' if is_met else 'NO'} |")
    if not is_good:
        raise SystemExit("A mark was missed.")


def marks(found: list[Figures]) -> list[tuple[str, str, bool]]:
    """Each mark in words, what was reached, and whether that is enough."""
    behind = [own.behind for own in found]
    slopes = [own.calibration_slope for own in found]
    dropped = [own.dropped_count / own.planted_count for own in found]
    low, high = SLOPES
    return [
        (
            f"AUC of the champion at most {MOST_BEHIND} below the attainable",
            mean_and_error(behind),
            float(np.mean(behind)) <= MOST_BEHIND,
        ),
        (
            f"calibration slope {low} to {high}",
            mean_and_error(slopes),
            low <= float(np.mean(slopes)) <= high,
        ),
        (
            f"share of planted features without bearing dropped, at least {LEAST_DROPPED}",
            mean_and_error(dropped),
            float(np.mean(dropped)) >= LEAST_DROPPED,
        ),
    ]


def mean_and_error(values: list[float]) -> str:
    """Write the mean of the seeds with its standard error, if there are several."""
    if len(values) < 2:
        return f"{values[0]:.4f}"
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.4f}"


def measure_seed(seed: int) -> Figures:
    """Invent a service, build its churn model stage by stage, and hold it against the truth."""
    home = Path(tempfile.mkdtemp(prefix="marquee-churn-"))
    try:
        costs = build(home, seed)
        return judged(home, seed, costs)
    finally:
        shutil.rmtree(home)


def build(home: Path, seed: int) -> list[Cost]:
    """From nothing to scores, each stage a process of its own."""
    environment = environment_of(home) | {
        # A generated service is ingested with a key of its own; this one is of no value.
        "MARQUEE_HASH_KEY": "the key of a benchmark that keeps nothing",
    }
    folders = ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
    service = ["generate", "--scale", str(SCALE), "--seed", str(seed), "--extract-every", "7"]
    costs = [
        measure("generate", [*MARQUEE, *service], environment),
        measure("ingest", [*MARQUEE, "ingest"], environment),
    ]
    measure("seeds", [*DBT, "seed", *folders, "--vars", DEFINITIONS], environment)
    for stage, selection in STAGES.items():
        command = [*DBT, "run", *folders, "--vars", DEFINITIONS, "--select", *selection.split()]
        costs.append(measure(stage, command, environment))
    return costs


def judged(home: Path, seed: int, costs: list[Cost]) -> Figures:
    """Hold the champion against both oracles on the customers that training never saw."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        [(algorithm, version)] = connection.execute(
            "select algorithm, model_version from predictions.eval_churn_decisions "
            "where status = 'champion'"
        ).fetchall()
        slope = connection.execute(
            "select value from predictions.eval_churn_models "
            "where model_version = ? and metric = 'calibration_slope'",
            [version],
        ).fetchone()
        rows = labelled_rows(
            connection.sql("from features.feat_customer_snapshots").to_arrow_table(),
            connection.sql("from features.label_customer_churn").to_arrow_table(),
        )
        known = connection.execute(
            # The order of `labelled_rows`; who has no running subscription has no hazard.
            "select rows.customer_id, rows.as_of_date, ln(hazards.daily_hazard) as log_hazard, "
            "predictions.churn_probability::double as probability "
            "from rows "
            f"left join '{home / 'truth' / 'hazards.parquet'}' as hazards "
            "using (customer_id, as_of_date) "
            "left join predictions.eval_churn_predictions as predictions "
            "using (customer_id, as_of_date) order by rows.as_of_date, rows.customer_id"
        ).to_arrow_table()
    log_hazards = numbers(known["log_hazard"])
    probabilities = numbers(known["probability"])
    has_hazard = ~np.isnan(log_hazards)
    rows = rows.filter(pa.array(has_hazard))
    log_hazards, probabilities = log_hazards[has_hazard], probabilities[has_hazard]
    is_judged = ~np.isnan(probabilities)
    if not is_judged.any():
        raise SystemExit(f"Seed {seed}: too few customers to judge by; take a larger SCALE.")
    churned = rows["is_churned"].to_numpy().astype(np.float64)[is_judged]
    planted = judged_by_selection(rows.filter(pa.array(~is_judged)), seed)
    return Figures(
        seed,
        len(churned),
        int(churned.sum()),
        algorithm,
        auc(churned, probabilities[is_judged]),
        auc(churned, log_hazards[is_judged]),
        auc(churned, attainable(rows, log_hazards, is_judged)[is_judged]),
        float(slope[0]) if slope and slope[0] is not None else float("nan"),
        len(planted),
        planted.count(False),
        costs,
    )


def judged_by_selection(rows: pa.Table, seed: int) -> list[bool]:
    """Tell of each planted feature without any bearing whether the selection keeps it."""
    own = committed_specification()
    found = training_rows(rows, own)
    random = np.random.default_rng([seed, 1])
    count, customers = len(found.groups), int(found.groups.max()) + 1
    figures, texts = {}, {}
    for number in range(PLANTED):
        figures[f"row number {number}"] = random.normal(size=count)
        figures[f"customer number {number}"] = random.normal(size=customers)[found.groups]
        texts[f"row category {number}"] = random.integers(8, size=count).astype(str)
        texts[f"customer category {number}"] = random.integers(8, size=customers).astype(str)[
            found.groups
        ]
    # Each row gets the values of the same day of another customer, or of its newest day before.
    order = np.lexsort((found.days, found.groups))
    key = found.groups[order].astype(np.int64) * (1 << 20) + found.days[order]
    asked = random.permutation(customers)[found.groups].astype(np.int64) * (1 << 20) + found.days
    other = order[np.maximum(np.searchsorted(key, asked, side="right") - 1, 0)]
    for kind, columns in ((figures, found.features.numbers), (texts, found.features.categories)):
        kind |= {f"shuffled {name}": values[other] for name, values in columns.items()}
    return [
        feature.reason == KEPT
        for feature in screen(Features(count, figures, texts), found.target, own.screening)
    ]


def numbers(column: pa.ChunkedArray) -> FloatArray:
    """Read a column with NaN for nulls."""
    return np.asarray(column.cast(pa.float64()).fill_null(np.nan).to_numpy(), dtype=np.float64)


def attainable(rows: pa.Table, log_hazards: FloatArray, is_judged: np.ndarray) -> FloatArray:
    """Predict the log hazard of the judged rows by trees that learned it from other customers.

    Args:
        rows: Labelled rows whose hazard is known.
        log_hazards: What the trees are taught, shape (rows,).
        is_judged: Rows to predict, shape (rows,).

    Returns:
        Predictions, shape (rows,); NaN where a row is not judged.
    """
    own = committed_specification()
    found = training_rows(rows, own)
    settings = replace(
        own, candidates=Candidates(LinearGrid(), GRID), selection=Selection("validation_split")
    )
    permuted = np.random.default_rng(own.seed).permutation(int(found.groups.max()) + 1)
    predicted = np.full(len(log_hazards), np.nan)
    for fold in numbered_folds((permuted % FOLDS)[found.groups]):
        taught = TrainingRows(
            found.features.take(fold.is_train),
            Target(NUMERIC, (), log_hazards[fold.is_train]),
            found.groups[fold.is_train],
            found.days[fold.is_train],
            found.known_days[fold.is_train],
        )
        [trained] = train_candidates(taught, ["boosting"], settings).values()
        asked = fold.is_test & is_judged
        predicted[asked] = trained.model.predict(found.features.take(asked))[:, 0]
    return predicted


def committed_specification() -> ModelSpecification:
    """The specification of the service's own churn model."""
    text = (PROJECT / "python_models" / "churn" / "_churn__models.yml").read_text(encoding="utf-8")
    [settings] = [
        model["config"]["meta"]["specification"]
        for model in yaml.safe_load(text)["models"]
        if model["name"] == "train_churn_models"
    ]
    return ModelSpecification.from_mapping(settings)


if __name__ == "__main__":
    main()
