"""The next title, by the last one alone and by a recurrent network over the whole history.

`make benchmark-next-titles` runs it on invented services (`SCALE`, default 0.1; `SEEDS`, default
`7 8 9`), whose episodes come in order, and on the public data of `MARQUEE_REAL_DATA`, where that is
set. Each is ingested and built as far as interactions; then every model is trained on what came
before a cut and asked for each title after it. Figures are those that a build with
`deep_models: true` would record.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import duckdb
import yaml
from cost import PROJECT
from service import Service, landed

from marquee.ml.sequence import SequenceSpecification, evaluate_next_titles
from marquee.ml.sequence.specification import ALGORITHMS, MARKOV

SCALE = os.environ.get("SCALE", "0.1")
SEEDS = os.environ.get("SEEDS", "7 8 9").split()
REAL = {"watch-click": "watch-click", "movielens": "ml-latest-small"}
COLUMNS = (
    *("data", "split", "customers", "model", "hit rate@10", "NDCG@10"),
    *("gain over Markov (95 % interval)", "CPU-s"),
)


def main() -> None:
    """Print the page."""
    print("# The next title\n")
    print(
        f"Invented services of scale {SCALE} by seed, and public data: each title after the cut is"
    )
    print("foretold from those before it, among the titles that the customer has not had. CPU of")
    print("training and evaluation. Made by `make benchmark-next-titles`.\n")
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|", flush=True)
    sources = [
        (f"seed {seed}", ["generate", "--scale", SCALE, "--seed", seed, "--extract-every", "30"])
        for seed in SEEDS
    ]
    data = os.environ.get("MARQUEE_REAL_DATA")
    for name, folder in REAL.items() if data else ():
        sources.append((name, ["import", name, str(Path(str(data)) / folder)]))
    for name, command in sources:
        with landed(*command) as service:
            of_source(name, service)


def of_source(name: str, service: Service) -> None:
    """Build the interactions, and print a row a model."""
    service.build("features", ["+feat_customer_title_interactions"])
    with duckdb.connect(str(service.home / "warehouse.duckdb"), read_only=True) as connection:
        interactions = connection.sql(
            "from features.feat_customer_title_interactions"
        ).to_arrow_table()
    own = committed_settings()
    for algorithm in ALGORITHMS:
        settings = SequenceSpecification.from_mapping(
            own | {"algorithms": sorted({MARKOV, algorithm})}
        )
        before = time.process_time()
        rows = evaluate_next_titles(interactions, settings).to_pylist()
        seconds = time.process_time() - before
        found = {row["metric"]: row for row in rows if row["algorithm"] == algorithm}
        gain = found["ndcg_at_10"]
        cells = (
            *(name, gain["split"], f"{gain['customer_count']:,}", algorithm),
            *(f"{found['hit_rate_at_10']['value']:.4f}", f"{gain['value']:.4f}"),
            "" if gain["difference"] is None else interval(gain),
            f"{seconds:.0f}",
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def interval(row: dict[str, float]) -> str:
    """Write a gain with its interval."""
    bounds = (row["difference"], row["difference_lower_bound"], row["difference_upper_bound"])
    return "{:+.4f} ({:+.4f} to {:+.4f})".format(*bounds)


def committed_settings() -> dict[str, object]:
    """Read the project's own settings, but for the list of models."""
    path = PROJECT / "python_models" / "sequence" / "_sequence__models.yml"
    [model] = [
        own
        for own in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        if own["name"] == "eval_next_titles"
    ]
    return dict(model["config"]["meta"]["specification"])


if __name__ == "__main__":
    main()
