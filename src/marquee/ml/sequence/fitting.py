"""Fits next-title models, unless the registry holds the same version already."""

import numpy as np
import pyarrow as pa

from marquee.log import LOG
from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.one_thread import one_thread
from marquee.ml.recommendation.interactions import BoolArray
from marquee.ml.recommendation.parameters import (
    FITTED_PARAMETER_SCHEMA,
    registered_parameters_of,
)
from marquee.ml.sequence.gru import fit_gru
from marquee.ml.sequence.identity import NEXT_TITLE, identify, training_set
from marquee.ml.sequence.markov import fit_markov, fit_popularity
from marquee.ml.sequence.sequences import Sequences, index_sequences
from marquee.ml.sequence.specification import GRU, MARKOV, POPULARITY, SequenceSpecification


def fit_next_titles(
    interactions: pa.Table,
    algorithm: str,
    specification: SequenceSpecification,
    registered_parameters: pa.Table | None = None,
) -> pa.Table:
    """Fits an algorithm on all interactions.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        algorithm: popularity, markov or gru.
        specification: Settings.
        registered_parameters: Table of FITTED_PARAMETER_SCHEMA, perhaps with further versions; a
            version that it holds is copied instead of fitted.

    Returns:
        Table of FITTED_PARAMETER_SCHEMA; no rows without interactions.

    Raises:
        ValueError: If there is no such algorithm, the extra `deep` is needed and missing, the
            interactions are not valid, or they hold more than one as_of_date.
    """
    require_one_as_of_date(interactions=interactions)
    if not interactions.num_rows:
        return FITTED_PARAMETER_SCHEMA.empty_table()
    version = identify(training_set(interactions), algorithm, specification).model_version
    registered = registered_parameters_of(version, registered_parameters)
    if registered is not None:
        return registered
    sequences = index_sequences(interactions)
    everything = np.ones(len(sequences), dtype=np.bool_)
    LOG.info("training %s: %s on %d rows", NEXT_TITLE, algorithm, len(sequences))
    fitted = fit_parameters(sequences, everything, algorithm, specification)
    names = [pa.repeat(text, fitted.num_rows) for text in (NEXT_TITLE, version)]
    return pa.table([*names, *fitted.columns], schema=FITTED_PARAMETER_SCHEMA).sort_by(
        [(name, "ascending") for name in ("parameter_name", "row_id", "column_id")]
    )


def fit_parameters(
    sequences: Sequences,
    is_train: BoolArray,
    algorithm: str,
    specification: SequenceSpecification,
) -> pa.Table:
    """Fits one algorithm on one thread.

    Args:
        sequences: Rows.
        is_train: Rows to learn from, of each customer the first ones, shape (rows,).
        algorithm: popularity, markov or gru.
        specification: Settings.

    Returns:
        Table of PARAMETER_SCHEMA.

    Raises:
        ValueError: If there is no such algorithm, or the extra `deep` is needed and missing.
    """
    with one_thread():
        if algorithm == POPULARITY:
            return fit_popularity(sequences, is_train)
        if algorithm == MARKOV:
            return fit_markov(sequences, is_train, specification.markov)
        if algorithm == GRU:
            return fit_gru(sequences, is_train, specification.gru, specification.seed)
    raise ValueError(f"unknown algorithm {algorithm}")
