"""Evaluates every next-title model, unless the registry holds the same evaluations already."""

from dataclasses import asdict

import numpy as np
import pyarrow as pa

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.dense_index import Positions
from marquee.ml.evaluations import (
    EVALUATION_ORDER,
    EVALUATION_SCHEMA,
    evaluation_row,
    registered_rows,
)
from marquee.ml.intervals import Estimate, estimate, mean_of
from marquee.ml.recommendation.batches import row_batches
from marquee.ml.recommendation.interactions import FloatArray
from marquee.ml.recommendation.ranking import stored_scores
from marquee.ml.sequence.fitting import fit_parameters
from marquee.ml.sequence.identity import identify, training_set
from marquee.ml.sequence.scoring import build_scorer
from marquee.ml.sequence.sequences import Sequences, index_sequences
from marquee.ml.sequence.specification import MARKOV, SequenceSpecification
from marquee.ml.sequence.splits import Split, split_sequences


def evaluate_next_titles(
    interactions: pa.Table,
    specification: SequenceSpecification,
    registered_evaluations: pa.Table | None = None,
) -> pa.Table:
    """Predicts each held-back title from those before it, by every algorithm.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        specification: Settings.
        registered_evaluations: Table of EVALUATION_SCHEMA, perhaps with further versions; if it
            holds all that is asked for, its rows are returned and nothing is fitted.

    Returns:
        Table of EVALUATION_SCHEMA, sorted: hit rate and NDCG for each length of list, and the
        mean reciprocal rank, of the held-back title among those that the customer has not seen;
        the mean of customers, each the mean of its titles. The baseline is markov. If nobody can
        be evaluated `customer_count` is 0 and the figures are null. No rows without interactions.

    Raises:
        ValueError: If the extra `deep` is needed and missing, or the interactions are not valid.
    """
    require_one_as_of_date(interactions=interactions)
    sequences = index_sequences(interactions)
    if not len(sequences):
        return EVALUATION_SCHEMA.empty_table()
    training = training_set(interactions)
    algorithms = sorted(set(specification.algorithms), key=lambda name: (name != MARKOV, name))
    identities = {name: identify(training, name, specification) for name in algorithms}
    split = split_sequences(sequences, specification)
    wanted = {(own.model_version, split.name) for own in identities.values()}
    registered = registered_rows(registered_evaluations, wanted)
    if registered is not None:
        return registered
    names = metric_names(specification)
    customers, owners = np.unique(sequences.customers[split.asked], return_inverse=True)
    rows, baseline = [], None
    for algorithm in algorithms:
        if not len(customers):
            estimates = [Estimate(name, 0) for name in names]
        else:
            statistic = mean_of(
                _by_customer(_measured(sequences, split, algorithm, specification), owners)
            )
            estimates = estimate(
                names,
                statistic,
                baseline,
                len(customers),
                specification.bootstrap_resamples,
                specification.seed,
            )
            baseline = statistic if baseline is None else baseline
        rows += [
            evaluation_row(asdict(identities[algorithm]), split.name, own) for own in estimates
        ]
    return pa.Table.from_pylist(rows, schema=EVALUATION_SCHEMA).sort_by(EVALUATION_ORDER)


def metric_names(specification: SequenceSpecification) -> list[str]:
    """Names the metrics, in the order of columns."""
    return [
        *(f"hit_rate_at_{cutoff}" for cutoff in specification.metric_cutoffs),
        *(f"ndcg_at_{cutoff}" for cutoff in specification.metric_cutoffs),
        "mrr",
    ]


def ranks_of_next(
    sequences: Sequences, split: Split, algorithm: str, specification: SequenceSpecification
) -> Positions:
    """Ranks each held-back title among those that the customer has not had before.

    Probabilities are compared as they are stored, titles of equal ones go by their id.

    Returns:
        Ranks from 1, shape (rows asked,); 0 where training never saw the title.
    """
    parameters = fit_parameters(sequences, split.is_train, algorithm, specification)
    scorer = build_scorer(parameters, algorithm, sequences.title_ids, specification)
    count = len(sequences.title_ids)
    is_known = np.bincount(sequences.titles[split.is_train], minlength=count) > 0
    ranks = np.zeros(len(split.asked), dtype=np.int64)
    for batch in row_batches(len(split.asked), count):
        asked = split.asked[batch]
        windows = sequences.windows(asked - 1, specification.gru.window)
        scores = stored_scores(scorer.probabilities(windows))
        scores[:, ~is_known] = -1
        # What the customer had before can't come for the first time.
        scores[sequences.titles_before(sequences.customers[asked], asked)] = -1
        own = sequences.titles[asked]
        reached = scores[np.arange(len(asked)), own][:, None]
        is_before = np.arange(count) < own[:, None]
        better = (scores > reached) | ((scores == reached) & is_before)
        ranks[batch] = np.where(is_known[own], 1 + better.sum(axis=1), 0)
    return ranks


def _measured(
    sequences: Sequences, split: Split, algorithm: str, specification: SequenceSpecification
) -> FloatArray:
    """Gives metrics of each row asked, shape (rows asked, metrics)."""
    ranks = ranks_of_next(sequences, split, algorithm, specification)
    is_known = ranks > 0
    safe = np.maximum(ranks, 1)
    columns = [is_known & (ranks <= cutoff) for cutoff in specification.metric_cutoffs]
    gains = np.where(is_known, 1.0 / np.log2(safe + 1.0), 0.0)
    columns += [gains * (ranks <= cutoff) for cutoff in specification.metric_cutoffs]
    columns.append(np.where(is_known, 1.0 / safe, 0.0))
    return np.stack(columns, axis=1).astype(np.float64)


def _by_customer(metrics: FloatArray, owners: Positions) -> FloatArray:
    sums = np.stack([np.bincount(owners, column) for column in metrics.T], axis=1)
    means: FloatArray = sums / np.bincount(owners)[:, None]
    return means
