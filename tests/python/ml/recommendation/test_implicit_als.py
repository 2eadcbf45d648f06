import numpy as np
import pyarrow as pa
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from marquee.ml.recommendation.implicit_als import (
    FactorScorer,
    ImplicitAlsConfig,
    fit_implicit_als,
)
from marquee.ml.recommendation.interactions import index_interactions

from .cases import pairs, seeded_interactions

CONFIG = ImplicitAlsConfig(factors=4, regularization=2.0, iterations=8)


@pytest.fixture
def single_threaded() -> object:
    with threadpool_limits(1) as limits:
        yield limits


@pytest.mark.usefixtures("single_threaded")
def test_folding_in_gives_the_factors_that_the_library_computes() -> None:
    indexed = index_interactions(seeded_interactions())
    parameters = fit_implicit_als(indexed, CONFIG, seed=7)
    scorer = FactorScorer(parameters, CONFIG, indexed.title_ids)
    history = indexed.matrix()
    confidences = history.copy()
    confidences.data = 1.0 + CONFIG.confidence_scale * np.sqrt(history.data)
    model = AlternatingLeastSquares(
        factors=4, regularization=2.0, iterations=8, num_threads=1, random_state=7, use_cg=False
    )
    factors = parameters["parameter_value"].to_numpy().astype(np.float64).reshape(-1, 4)
    model.item_factors = factors.astype(np.float32)
    model.user_factors = np.zeros((60, 4), dtype=np.float32)
    expected = model.recalculate_user(np.arange(60), confidences.astype(np.float32))
    np.testing.assert_allclose(scorer.customer_factors(history), expected, atol=1e-4)
    np.testing.assert_allclose(scorer.scores(history), expected @ factors.T, atol=1e-3)


@pytest.mark.usefixtures("single_threaded")
def test_the_reason_is_the_title_with_the_largest_of_the_terms_that_sum_to_the_score() -> None:
    indexed = index_interactions(seeded_interactions())
    parameters = fit_implicit_als(indexed, CONFIG, seed=7)
    scorer = FactorScorer(parameters, CONFIG, indexed.title_ids)
    history = indexed.matrix()[:1]
    factors = parameters["parameter_value"].to_numpy().astype(np.float64).reshape(-1, 4)
    confidence = 1.0 + CONFIG.confidence_scale * np.sqrt(history.data)
    seen = history.indices
    dense = np.ones(30)
    dense[seen] = confidence
    inverse = np.linalg.inv(factors.T @ (dense[:, None] * factors) + 2.0 * np.eye(4))
    terms = confidence[:, None] * (factors[seen] @ inverse @ factors.T)
    np.testing.assert_allclose(terms.sum(axis=0), scorer.scores(history)[0], atol=1e-9)
    targets = np.setdiff1d(np.arange(30), seen)[:5]
    reasons = scorer.reasons(history, np.append(targets, -1)[None, :])
    assert reasons[0].tolist() == [*seen[terms[:, targets].argmax(axis=0)], -1]


@pytest.mark.usefixtures("single_threaded")
def test_tastes_are_told_apart() -> None:
    indexed = index_interactions(pairs("1:abc 2:abc 3:ab 4:xyz 5:xyz 6:yz"))
    config = ImplicitAlsConfig(factors=2, regularization=0.1)
    scorer = FactorScorer(fit_implicit_als(indexed, config, 7), config, indexed.title_ids)
    scores = scorer.scores(indexed.matrix())
    assert scores[2, 2] > scores[2, 3] + 0.2
    assert scores[5, 3] > scores[5, 2] + 0.2


@pytest.mark.usefixtures("single_threaded")
def test_unknown_titles_and_empty_histories_score_nothing() -> None:
    indexed = index_interactions(seeded_interactions())
    parameters = fit_implicit_als(indexed, CONFIG, seed=7)
    scorer = FactorScorer(parameters, CONFIG, pa.array(["t1", "unknown"]))
    history = indexed.matrix()[:2, :2].copy()
    history.data[:] = 0
    history.eliminate_zeros()
    assert scorer.scores(history).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert scorer.reasons(history, np.zeros((2, 1), int)).tolist() == [[-1], [-1]]


def test_numbers_of_factors_sort_as_texts() -> None:
    config = ImplicitAlsConfig(factors=12, iterations=1)
    with threadpool_limits(1):
        parameters = fit_implicit_als(index_interactions(pairs("1:a 2:ab")), config, 7)
    assert parameters["column_id"].to_pylist()[:12] == [f"{number:02d}" for number in range(12)]
