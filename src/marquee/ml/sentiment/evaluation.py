"""Measures versions on held-back texts, beside the lexicon and the registered champion."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.artifacts import (
    algorithm_of_rows,
    identity_of,
    read_artifacts,
    registered_artifacts,
)
from marquee.ml.dense_index import Positions
from marquee.ml.evaluations import (
    EVALUATION_ORDER,
    EVALUATION_SCHEMA,
    GAIN_OVER_CHAMPION,
    REGISTERED_CHAMPION,
    evaluation_row,
)
from marquee.ml.intervals import Estimate, Statistic, estimate
from marquee.ml.one_thread import one_thread
from marquee.ml.sentiment.families import Floats
from marquee.ml.sentiment.labels import split_labels
from marquee.ml.sentiment.probabilities import (
    SCALE,
    UNJUDGED,
    log_loss,
    probabilities,
    sentiments_of,
)
from marquee.ml.sentiment.specification import LEXICON, SENTIMENTS, SentimentSpecification
from marquee.ml.sentiment.terms import read_texts
from marquee.ml.sentiment.training import FOLD, SENTIMENT
from marquee.ml.tabular.artifacts import ArtifactRow, training_fact
from marquee.ml.training_plan import success_estimates

METRICS = ("macro_f1", "accuracy", "log_loss", "calibration_error", "unknown_share")
_BINS = 10


def evaluate_sentiments(
    labels: pa.Table,
    texts: pa.Table,
    artifacts: pa.Table,
    specification: SentimentSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Evaluates all versions on the same held-back texts.

    Args:
        labels: As for training.
        texts: As for training.
        artifacts: What `train_sentiments` gave for the same tables.
        specification: Settings.
        registered: Table of ARTIFACT_SCHEMA and is_champion, as for training.

    Returns:
        Table of EVALUATION_SCHEMA, sorted; customer_count counts texts. The split newest_<day> or
        authors_<day> has METRICS with those of the lexicon as baseline (a text that a version
        cannot judge is a wrong answer, and in the log loss a third of one), the two criteria of
        the specification, and the comparison with the registered champion; the split
        cross_validation has the accuracy of training.

    Raises:
        ValueError: If a criterion asks for a figure that there is none of.
    """
    found = read_artifacts(artifacts)
    as_of_date = pc.max(texts["as_of_date"]).as_py()
    if not found or as_of_date is None:
        return EVALUATION_SCHEMA.empty_table()
    split = split_labels(labels, as_of_date, specification)
    held = read_texts([text.text for text in split.test], specification.minimum_confidence)
    truth = np.array([text.label for text in split.test], dtype=np.int64)
    champion = next((v for v in registered_artifacts(registered)[1] if v in found), None)
    with one_thread():
        own = {version: probabilities(rows, held) for version, rows in found.items()}
    judged = {version: _Answers(units, truth) for version, units in own.items()}
    # Should the registry's champion be an older lexicon: the one of this training is the baseline.
    baseline = max(
        version
        for version, rows in found.items()
        if algorithm_of_rows(rows) == LEXICON and (version != champion or _only(found, champion))
    )
    table = []
    for version, rows in found.items():
        figures = list(_figures(version, judged, baseline, champion, specification))
        table += [
            evaluation_row(identity_of(SENTIMENT, version, rows), split.name, each)
            for each in figures
        ]
        table += [
            evaluation_row(
                identity_of(SENTIMENT, version, rows),
                "cross_validation",
                Estimate(
                    "accuracy",
                    int(training_fact(rows, "training_row_count")),
                    float(row.entry_text),
                ),
            )
            for row in rows
            if row.artifact_name == FOLD
        ]
    return pa.Table.from_pylist(table, schema=EVALUATION_SCHEMA).sort_by(EVALUATION_ORDER)


class _Answers:
    """What a version says of the held-back texts, and how good that is."""

    def __init__(self, units: Any, truth: Positions) -> None:
        self.truth = truth
        self.said = sentiments_of(units)
        self.shares: Floats = np.where(
            units.sum(axis=1, keepdims=True) > 0, units / 10**SCALE, 1.0 / len(SENTIMENTS)
        )

    def statistic(self, drawn: Positions) -> Floats:
        """Gives METRICS over some of the texts."""
        truth, said, shares = self.truth[drawn], self.said[drawn], self.shares[drawn]
        is_right = said == truth
        return np.array(
            [
                macro_f1(truth, said),
                is_right.mean(),
                log_loss(shares, truth),
                _calibration_error(shares[said >= 0], is_right[said >= 0]),
                (said == UNJUDGED).mean(),
            ]
        )


def macro_f1(truth: Positions, said: Positions) -> float:
    """Gives the mean F1 of the classes that occur; what was not judged is in none of them."""
    scores = []
    for place in np.unique(truth):
        hits = int(((said == place) & (truth == place)).sum())
        scores.append(2 * hits / int((said == place).sum() + (truth == place).sum()))
    return float(np.mean(scores)) if scores else 0.0


def _calibration_error(shares: Floats, is_right: np.ndarray) -> float:
    """Gives the mean gap between certainty and rightness over bins of certainty."""
    if not len(shares):
        return 0.0
    certainty = shares.max(axis=1)
    bins = np.minimum((certainty * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, certainty - is_right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(shares))


def _figures(
    version: str,
    judged: dict[str, _Answers],
    baseline: str,
    champion: str | None,
    specification: SentimentSpecification,
) -> Iterator[Estimate]:
    own = judged[version]
    count = len(own.truth)
    if not count:
        yield Estimate(METRICS[0], 0)
        if version == champion:
            yield Estimate(REGISTERED_CHAMPION, 0)
        return
    other = None if version == baseline else judged[baseline].statistic
    found = _estimates(own.statistic, other, count, specification)
    yield from found
    yield from success_estimates(found, specification.success_criteria)
    if version == champion:
        yield Estimate(REGISTERED_CHAMPION, count)
    elif champion is not None:
        beside = _estimates(own.statistic, judged[champion].statistic, count, specification)[0]
        yield Estimate(**{**vars(beside), "metric": GAIN_OVER_CHAMPION})


def _estimates(
    statistic: Statistic,
    baseline: Statistic | None,
    count: int,
    specification: SentimentSpecification,
) -> list[Estimate]:
    resamples, seed = specification.bootstrap_resamples, specification.seed
    return estimate(METRICS, statistic, baseline, count, resamples, seed)


def _only(artifacts: dict[str, list[ArtifactRow]], champion: str | None) -> bool:
    others = (rows for version, rows in artifacts.items() if version != champion)
    return all(algorithm_of_rows(rows) != LEXICON for rows in others)
