"""Scorers: from stored parameters to the probability of each title to come next."""

from typing import Protocol

import numpy as np
import pyarrow as pa

from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import FloatArray
from marquee.ml.recommendation.parameters import parameter_matrix, select_parameters
from marquee.ml.sequence import markov
from marquee.ml.sequence.gru import gru_scorer
from marquee.ml.sequence.specification import GRU, MARKOV, POPULARITY, SequenceSpecification


class Scorer(Protocol):
    """What every model can do with its stored parameters."""

    def probabilities(self, windows: Positions) -> FloatArray:
        """Gives how probable each title is to come next.

        Args:
            windows: Titles of the past, the last one on the right, -1 for none, shape
                (rows, window).

        Returns:
            Probabilities, shape (rows, titles).
        """


class PopularityScorer:
    """Everybody goes on with what most customers have."""

    def __init__(self, shares: FloatArray) -> None:
        """Takes the share of each title, shape (titles,)."""
        self._shares = shares

    def probabilities(self, windows: Positions) -> FloatArray:
        """See `Scorer`."""
        return np.repeat(self._shares[None, :], len(windows), axis=0)


class MarkovScorer:
    """The last title decides; where few have gone on from it, popularity stands in."""

    def __init__(self, parameters: pa.Table, title_ids: pa.StringArray) -> None:
        """Takes parameters of markov and the titles of windows, sorted."""
        everything = pa.array([markov.EVERYTHING], pa.string())
        chosen = {
            name: select_parameters(parameters, MARKOV, name)
            for name in (markov.TRANSITION, markov.BACKOFF, markov.SHARE)
        }
        self._transitions = parameter_matrix(chosen[markov.TRANSITION], title_ids, title_ids)
        backoff = parameter_matrix(chosen[markov.BACKOFF], title_ids, everything).toarray()[:, 0]
        # A title that nobody has gone on from says nothing.
        self._backoff = np.where(backoff > 0, backoff, 1.0)
        self._shares = parameter_matrix(chosen[markov.SHARE], everything, title_ids).toarray()[0]

    def probabilities(self, windows: Positions) -> FloatArray:
        """See `Scorer`."""
        last = windows[:, -1]
        backoff = np.where(last >= 0, self._backoff[last], 1.0)
        found: FloatArray = backoff[:, None] * self._shares
        is_known = last >= 0
        found[is_known] += self._transitions[last[is_known]].toarray()
        return found


def build_scorer(
    parameters: pa.Table,
    algorithm: str,
    title_ids: pa.StringArray,
    specification: SequenceSpecification,
) -> Scorer:
    """Builds the scorer of an algorithm.

    Args:
        parameters: Table of PARAMETER_SCHEMA, of any algorithms.
        algorithm: popularity, markov or gru.
        title_ids: Titles of windows and to score, sorted.
        specification: Settings that the parameters were fitted with.

    Raises:
        ValueError: If there is no such algorithm.
    """
    if algorithm == POPULARITY:
        everything = pa.array([markov.EVERYTHING], pa.string())
        shares = select_parameters(parameters, POPULARITY, markov.SHARE)
        return PopularityScorer(parameter_matrix(shares, everything, title_ids).toarray()[0])
    if algorithm == MARKOV:
        return MarkovScorer(parameters, title_ids)
    if algorithm == GRU:
        return gru_scorer(parameters, title_ids, specification.gru)
    raise ValueError(f"unknown algorithm {algorithm}")
