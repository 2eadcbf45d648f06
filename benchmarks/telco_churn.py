"""The churn estimators on a public table of subscribers, five folds that follow from the ids.

``make benchmark-churn`` runs it; the folder of the data comes from ``MARQUEE_REAL_DATA``. The same
estimator code as the service's own churn model, with a specification of its own; grid and
calibration are chosen inside each training part, so no figure has seen its test rows.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from cost import PROJECT

sys.path.insert(0, str(PROJECT))
from tests.python.ml.tabular.telco import FOLDS, cross_validated

METRICS = ("auc", "average_precision", "brier", "log_loss", "calibration_error", "lift_in_tenth_1")


def main() -> None:
    """Cross-validate, and print the page."""
    folder = os.environ.get("MARQUEE_REAL_DATA")
    if not folder:
        raise SystemExit("MARQUEE_REAL_DATA does not name the folder of the real data")
    started = time.process_time()
    found = cross_validated(Path(folder))
    seconds = time.process_time() - started
    print("# Churn of a telephone company\n")
    print(
        f"7,043 subscribers, {FOLDS} folds: mean ± standard error. One thread, {seconds:.0f} CPU-s"
    )
    print("for all folds, with the choice among 4 points of the linear and 2 of the trees' grid by")
    print("five folds inside each training part. Made by `make benchmark-churn`.\n")
    print(f"| algorithm | {' | '.join(METRICS)} |")
    print("|---" * (len(METRICS) + 1) + "|")
    for algorithm, folds in found.items():
        cells = [mean_and_error([figures[metric] for figures in folds]) for metric in METRICS]
        print(f"| {algorithm} | {' | '.join(cells)} |")


def mean_and_error(values: list[float]) -> str:
    """Write the mean of the folds with its standard error."""
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.4f}"


if __name__ == "__main__":
    main()
