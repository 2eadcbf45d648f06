"""Trains the sentiment models anew, unless the registry holds them or it is too early."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.log import LOG
from marquee.ml import versions
from marquee.ml.artifacts import (
    ARTIFACT_SCHEMA,
    FACTS,
    Artifacts,
    algorithm_of_rows,
    artifact_table,
    registered_artifacts,
    version_of,
    waiting_versions,
)
from marquee.ml.dense_index import Positions
from marquee.ml.neural import training as neural
from marquee.ml.one_thread import one_thread
from marquee.ml.sentiment import lexicon
from marquee.ml.sentiment.families import FAMILIES, Floats
from marquee.ml.sentiment.labelled import LabelledTexts
from marquee.ml.sentiment.labels import DistinctText, Split, as_labelled, split_labels
from marquee.ml.sentiment.probabilities import CALIBRATION, CLASS, LANGUAGE, fitted_slope
from marquee.ml.sentiment.specification import (
    LEXICON,
    RECURRENT,
    SENTIMENTS,
    SentimentSpecification,
)
from marquee.ml.tabular.artifacts import ArtifactRow, training_fact
from marquee.ml.training_plan import cadence_days

SENTIMENT = "sentiment"
FOLD = "fold"
_PACKAGES = ("numpy", "scipy", "scikit-learn", "py3langid", "vaderSentiment")
_SOURCES = (
    *("cleaning", "families", "labelled", "labels", "languages", "lexicon", "linear"),
    *("probabilities", "recurrent", "terms", "training"),
    *("../neural/gru", "../neural/training"),
)


def train_sentiments(
    labels: pa.Table,
    texts: pa.Table,
    specification: SentimentSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Trains every candidate, and keeps the registered champion beside them.

    Args:
        labels: customer_id, post_text, labelled_sentiment and label_received_date, in any order.
        texts: as_of_date, the same in every row; a row a post that is to be scored.
        specification: Settings. With a cadence, the versions of the last training go on until
            its days are over or the settings are others; counted in snapshot days.
        registered: Table of ARTIFACT_SCHEMA and is_champion, true for the version that the
            registry named last before this snapshot day; none if left out.

    Returns:
        Table of ARTIFACT_SCHEMA, sorted by version and key: the lexicon, which needs no training,
        and where there are enough labelled texts of two classes the candidates. Empty if there is
        nothing to score.

    Raises:
        ValueError: If a candidate is no family.
    """
    unknown = sorted(set(specification.candidates) - set(FAMILIES))
    if unknown:
        raise ValueError(
            f"no family is called {', '.join(unknown)}; there are {', '.join(FAMILIES)}"
        )
    as_of_date = pc.max(texts["as_of_date"]).as_py()
    if as_of_date is None:
        return ARTIFACT_SCHEMA.empty_table()
    known, champions = registered_artifacts(registered)
    kept = {version: known[version] for version in champions}
    wanted = _still_in_force(known, as_of_date, specification)
    if not wanted:
        with one_thread():
            wanted = _trained(labels, as_of_date, specification, known)
    return artifact_table(SENTIMENT, wanted | kept)


def _still_in_force(
    known: Artifacts, as_of_date: dt.date, specification: SentimentSpecification
) -> Artifacts:
    """Gives the versions of the last training if it is too early for another one."""
    found = waiting_versions(known, as_of_date, cadence_days(specification.cadence))
    wanted = {LEXICON, *specification.candidates}
    is_same = all(
        training_fact(rows, "specification") == specification.canonical() for rows in found.values()
    )
    # While there were too few texts, the lexicon stood alone: that is no training to wait for.
    has_all = wanted == {algorithm_of_rows(rows) for rows in found.values()}
    return found if is_same and has_all else {}


def _trained(
    labels: pa.Table, as_of_date: dt.date, specification: SentimentSpecification, known: Artifacts
) -> Artifacts:
    split = split_labels(labels, as_of_date, specification)
    labelled = as_labelled(split.train, specification)
    facts = _facts(split, as_of_date, specification)
    found = {}
    for algorithm in sorted({LEXICON, *_candidates(labelled, specification)}):
        version = version_of(SENTIMENT, algorithm, facts)
        if version in known:
            found[version] = known[version]
            continue
        LOG.info("training %s: %s on %d texts", SENTIMENT, algorithm, len(labelled.texts))
        found[version] = _rows(algorithm, labelled, facts, specification)
    return found


def _candidates(labelled: LabelledTexts, specification: SentimentSpecification) -> tuple[str, ...]:
    is_enough = len(labelled.texts) >= specification.minimum_texts and len(labelled.classes) > 1
    return specification.candidates if is_enough else ()


def _rows(
    algorithm: str,
    labelled: LabelledTexts,
    facts: dict[str, str],
    specification: SentimentSpecification,
) -> list[ArtifactRow]:
    if algorithm == LEXICON:
        # It knows all classes, whichever the texts show.
        labels = np.array(labelled.classes, dtype=np.int64)[labelled.labels]
        places = tuple(range(len(SENTIMENTS)))
        labelled = LabelledTexts(labelled.texts, labels, labelled.authors, places)
        languages = [lexicon.LANGUAGE]
    else:
        languages = _languages(labelled, specification)
    scores = out_of_fold_scores(algorithm, labelled, specification)
    slope = fitted_slope(scores, labelled.labels)
    rows = [ArtifactRow("training", name, "", text) for name, text in facts.items()]
    rows += [
        ArtifactRow("model", "algorithm", "", algorithm),
        ArtifactRow(CALIBRATION, "slope", "", f"{slope:.6f}"),
        *(ArtifactRow(CLASS, str(place), "", SENTIMENTS[place]) for place in labelled.classes),
        *(ArtifactRow(LANGUAGE, code, "", "") for code in languages),
        *_fold_rows(scores, labelled.labels),
        *FAMILIES[algorithm].fit(labelled, specification),
    ]
    return sorted(rows)


def out_of_fold_scores(
    algorithm: str, labelled: LabelledTexts, specification: SentimentSpecification
) -> Floats:
    """Scores each text by a model that has seen no text of its author, shape (texts, classes)."""
    family = FAMILIES[algorithm]
    folds = author_folds(labelled, specification)
    scores = np.zeros((len(folds), len(labelled.classes)))
    for fold in range(specification.folds):
        is_test = folds == fold
        if not is_test.any() or is_test.all():
            continue
        rows = family.fit(labelled.take(np.flatnonzero(~is_test)), specification)
        scores[is_test] = family.scores(rows, labelled.texts.take(np.flatnonzero(is_test)))
    return scores


def author_folds(labelled: LabelledTexts, specification: SentimentSpecification) -> Positions:
    """Gives each text a fold from 0 on, authors never in two, shape (texts,)."""
    count = int(labelled.authors.max(initial=-1)) + 1
    order = np.random.default_rng(specification.seed).permutation(count)
    folds: Positions = (order % specification.folds)[labelled.authors]
    return folds


def _languages(labelled: LabelledTexts, specification: SentimentSpecification) -> list[str]:
    codes, counts = np.unique(labelled.texts.languages, return_counts=True)
    enough = (counts >= specification.minimum_language_texts) & (codes != "")
    return [str(code) for code in codes[enough]]


def _fold_rows(scores: Floats, labels: Positions) -> list[ArtifactRow]:
    """Writes down the share of texts that are right when their authors were not learned from."""
    if not len(labels):
        return []
    accuracy = float((scores.argmax(axis=1) == labels).mean())
    return [ArtifactRow(FOLD, "accuracy", "", f"{accuracy:.8f}")]


def _facts(
    split: Split, as_of_date: dt.date, specification: SentimentSpecification
) -> dict[str, str]:
    values = (
        str(as_of_date),
        str(len(split.train)),
        versions.training_fingerprint(_table(split.train), ["text"]),
        specification.canonical(),
        versions.package_versions((*_PACKAGES, *_neural_packages(specification))),
        versions.code_version([Path(__file__).parent / f"{name}.py" for name in _SOURCES]),
    )
    return dict(zip(FACTS, values, strict=True))


def _neural_packages(specification: SentimentSpecification) -> tuple[str, ...]:
    return neural.PACKAGES if RECURRENT in specification.candidates else ()


def _table(texts: list[DistinctText]) -> pa.Table:
    return pa.table(
        {
            "text": pa.array([text.text for text in texts], pa.string()),
            "author": pa.array([text.author for text in texts], pa.string()),
            "label": pa.array([text.label for text in texts], pa.int64()),
        }
    )
