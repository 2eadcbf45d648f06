"""Ranking metrics of the algorithms on one split."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from marquee.ml.dense_index import Positions, positions_of
from marquee.ml.intervals import Estimate, estimate, mean_of
from marquee.ml.recommendation import popularity
from marquee.ml.recommendation.batches import row_batches
from marquee.ml.recommendation.fitting import fit_parameters
from marquee.ml.recommendation.interactions import FloatArray, Interactions
from marquee.ml.recommendation.list_properties import ListProperties
from marquee.ml.recommendation.popularity import title_shares
from marquee.ml.recommendation.ranking import layered_keys, stored_scores
from marquee.ml.recommendation.ranking_metrics import metric_names, ranking_metrics
from marquee.ml.recommendation.scoring import build_scorer
from marquee.ml.recommendation.specification import RecommenderSpecification
from marquee.ml.recommendation.splits import Split


class RankingEvaluation:
    """Trains and measures algorithms on one split.

    Lists are made as they are served, from stored parameters and rounded scores: titles that the
    algorithm scores above 0, then popular ones; by score, then by title id. Candidates are all
    titles of the training rows that the customer has not seen. Customers without training rows
    are not evaluated, and test titles without training rows count as missed.

    What serving leaves out by rule (titles no longer listed, not playable or not licensed in a
    country) stays a candidate: histories hold titles that were on offer then and are not today, and
    the rules of today would take away right answers of the past, from all algorithms alike.
    """

    def __init__(
        self,
        interactions: Interactions,
        split: Split,
        specification: RecommenderSpecification,
        title_genres: pa.Table | None = None,
    ) -> None:
        """Prepares histories, seen titles and test titles of the evaluated customers.

        Args:
            interactions: All rows.
            split: How to split them.
            specification: Settings.
            title_genres: title_id and genre_name; without them there is no diversity.

        Attributes:
            customer_ids: The evaluated customers, shape (customers,).
            title_ids: Titles that are ranked, sorted.
            train: The training rows.
            history: Interaction weights of the training rows, shape (customers, titles).
        """
        self._specification = specification
        self.train = interactions.take(split.is_train)
        self.title_ids = self.train.title_ids
        customers = np.flatnonzero(split.is_evaluated)
        self.customer_ids = interactions.customer_ids.take(pa.array(customers))
        self._customer_count = len(customers)
        places = np.full(len(interactions.customer_ids), -1)
        places[customers] = np.arange(len(customers))
        titles = positions_of(interactions.title_ids, self.title_ids)

        def matrix(rows: npt.NDArray[np.bool_], values: FloatArray) -> sp.csr_matrix:
            row_titles = titles[interactions.title_positions]
            row_customers = places[interactions.customer_positions]
            rows = rows & (row_titles >= 0) & (row_customers >= 0)
            return sp.csr_matrix(
                (values[rows], (row_customers[rows], row_titles[rows])),
                shape=(len(customers), len(self.title_ids)),
            )

        ones = np.ones(len(interactions))
        self.history = matrix(split.is_train, interactions.weights)
        self._seen = matrix(split.is_train | split.is_masked, ones)
        self._test = matrix(split.is_test, ones)
        self._test_counts = np.bincount(
            interactions.customer_positions[split.is_test], minlength=len(places)
        )[customers]
        self._popular = stored_scores(title_shares(self.train))[None, :]
        self._properties = ListProperties(
            np.bincount(self.train.title_positions, minlength=len(self.title_ids)),
            len(self.train.customer_ids),
            title_genres,
            self.title_ids,
        )

    def estimates(self, algorithms: Iterable[str]) -> dict[str, list[Estimate]]:
        """Measures algorithms, each against popularity.

        Args:
            algorithms: Some of RANKING_ALGORITHMS.

        Returns:
            One estimate a metric for each algorithm. Coverage (the share of all titles that
            appear in anybody's list) has no interval: a resample holds fewer different customers,
            so its coverage is too small. Without customers to evaluate all values are None.
        """
        cutoffs = self._specification.metric_cutoffs
        names = self.names()
        coverage_names = [f"coverage_at_{cutoff}" for cutoff in cutoffs]
        if not self._customer_count:
            nothing = [Estimate(name, 0) for name in [*names, *coverage_names]]
            return dict.fromkeys(algorithms, nothing)
        baseline_metrics, baseline_lists = self._measure(popularity.NAME)
        found = {}
        for algorithm in algorithms:
            is_baseline = algorithm == popularity.NAME
            metrics, lists = (
                (baseline_metrics, baseline_lists) if is_baseline else self._measure(algorithm)
            )
            found[algorithm] = estimate(
                names,
                mean_of(metrics),
                None if is_baseline else mean_of(baseline_metrics),
                self._customer_count,
                self._specification.bootstrap_resamples,
                self._specification.seed,
            )
            for name, cutoff in zip(coverage_names, cutoffs, strict=True):
                value = self._coverage(lists[:, :cutoff])
                baseline_value = self._coverage(baseline_lists[:, :cutoff])
                found[algorithm].append(
                    Estimate(name, self._customer_count, value)
                    if is_baseline
                    else Estimate(
                        name,
                        self._customer_count,
                        value,
                        baseline_value=baseline_value,
                        difference=value - baseline_value,
                    )
                )
        return found

    def names(self) -> list[str]:
        """Names what `measure` gives, column by column."""
        cutoffs = self._specification.metric_cutoffs
        return [*metric_names(cutoffs), *self._properties.names(cutoffs)]

    def measure(self, scores_of: Callable[[slice], FloatArray]) -> tuple[FloatArray, Positions]:
        """Measures the lists that scores make.

        Args:
            scores_of: Gives the scores of a batch of the evaluated customers, shape (customers,
                titles).

        Returns:
            Metrics, shape (customers, names), and lists, shape (customers, longest cutoff or
            titles).
        """
        cutoffs = self._specification.metric_cutoffs
        metrics, lists = [], []
        for batch in row_batches(self._customer_count, len(self.title_ids)):
            scores = stored_scores(scores_of(batch))
            keys = layered_keys([scores, self._popular], self._seen[batch].toarray() > 0)
            batch_metrics, batch_lists = ranking_metrics(
                keys, self._test[batch].toarray() > 0, self._test_counts[batch], cutoffs
            )
            properties = self._properties.measure(batch_lists, cutoffs)
            metrics.append(np.concatenate([batch_metrics, properties], axis=1))
            lists.append(batch_lists)
        return np.concatenate(metrics), np.concatenate(lists)

    def _measure(self, algorithm: str) -> tuple[FloatArray, Positions]:
        parameters = fit_parameters(self.train, algorithm, self._specification)
        scorer = build_scorer(parameters, algorithm, self.title_ids, self._specification)
        return self.measure(lambda batch: scorer.scores(self.history[batch]))

    def _coverage(self, lists: Positions) -> float:
        return len(np.unique(lists[lists >= 0])) / len(self.title_ids)
