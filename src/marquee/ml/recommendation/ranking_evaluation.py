"""Ranking metrics of the algorithms on one split."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from marquee.ml.dense_index import Positions, positions_of
from marquee.ml.intervals import Estimate, Statistic, estimate
from marquee.ml.recommendation import popularity
from marquee.ml.recommendation.fitting import fit_parameters
from marquee.ml.recommendation.interactions import FloatArray, Interactions
from marquee.ml.recommendation.popularity import title_shares
from marquee.ml.recommendation.ranking import layered_keys, stored_scores
from marquee.ml.recommendation.ranking_metrics import metric_names, ranking_metrics
from marquee.ml.recommendation.scoring import build_scorer, customer_batches
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
        self, interactions: Interactions, split: Split, specification: RecommenderSpecification
    ) -> None:
        """Prepares histories, seen titles and test titles of the evaluated customers.

        Args:
            interactions: All rows.
            split: How to split them.
            specification: Settings.
        """
        self._specification = specification
        self._train = interactions.take(split.is_train)
        customers = np.flatnonzero(split.is_evaluated)
        self._customer_count = len(customers)
        places = np.full(len(interactions.customer_ids), -1)
        places[customers] = np.arange(len(customers))
        titles = positions_of(interactions.title_ids, self._train.title_ids)

        def matrix(rows: npt.NDArray[np.bool_], values: FloatArray) -> sp.csr_matrix:
            row_titles = titles[interactions.title_positions]
            row_customers = places[interactions.customer_positions]
            rows = rows & (row_titles >= 0) & (row_customers >= 0)
            return sp.csr_matrix(
                (values[rows], (row_customers[rows], row_titles[rows])),
                shape=(len(customers), len(self._train.title_ids)),
            )

        ones = np.ones(len(interactions))
        self._history = matrix(split.is_train, interactions.weights)
        self._seen = matrix(split.is_train | split.is_masked, ones)
        self._test = matrix(split.is_test, ones)
        self._test_counts = np.bincount(
            interactions.customer_positions[split.is_test], minlength=len(places)
        )[customers]

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
        names = metric_names(cutoffs)
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
                _mean_of(metrics),
                None if is_baseline else _mean_of(baseline_metrics),
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

    def _measure(self, algorithm: str) -> tuple[FloatArray, Positions]:
        """Gives metrics, shape (customers, metrics), and lists, shape (customers, titles)."""
        parameters = fit_parameters(self._train, algorithm, self._specification)
        scorer = build_scorer(parameters, algorithm, self._train.title_ids, self._specification)
        popular = stored_scores(title_shares(self._train))[None, :]
        metrics, lists = [], []
        for batch in customer_batches(self._customer_count, len(self._train.title_ids)):
            scores = stored_scores(scorer.scores(self._history[batch]))
            keys = layered_keys([scores, popular], self._seen[batch].toarray() > 0)
            batch_metrics, batch_lists = ranking_metrics(
                keys,
                self._test[batch].toarray() > 0,
                self._test_counts[batch],
                self._specification.metric_cutoffs,
            )
            metrics.append(batch_metrics)
            lists.append(batch_lists)
        return np.concatenate(metrics), np.concatenate(lists)

    def _coverage(self, lists: Positions) -> float:
        return len(np.unique(lists[lists >= 0])) / len(self._train.title_ids)


def _mean_of(metrics: FloatArray) -> Statistic:
    def mean(customers: Positions) -> FloatArray:
        return np.asarray(metrics[customers].mean(axis=0))

    return mean
