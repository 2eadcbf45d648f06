import numpy as np
import pytest

from marquee.ml.recommendation.biased_mf import BiasedMfConfig, fit_biased_mf


def test_biases_are_shrunken_means() -> None:
    # One title: its bias is 0 at the mean, and a customer's is the sum over the count plus ridge.
    customers, titles = np.array([0, 0, 1, 1]), np.zeros(4, dtype=np.int64)
    ratings = np.array([4.0, 4.0, 2.0, 2.0])
    config = BiasedMfConfig(factors=0, customer_bias_regularization=2.0)
    model = fit_biased_mf(customers, titles, ratings, (3, 2), config, 7)
    assert model.mean == 3.0
    assert model.customer_biases == pytest.approx([0.5, -0.5, 0.0])
    assert model.title_biases == pytest.approx([0.0, 0.0])
    assert model.predict(np.array([0, 2]), np.array([1, 1])) == pytest.approx([3.5, 3.0])


def test_planted_structure_is_recovered() -> None:
    generator = np.random.default_rng(2)
    customer_side, title_side = generator.normal(0, 0.9, 80), generator.normal(0, 0.9, 60)
    biases = generator.normal(0, 0.3, 60)
    truth = 3.0 + biases + np.outer(customer_side, title_side)
    customers, titles = np.nonzero(generator.random(truth.shape) < 0.5)
    noisy = truth[customers, titles] + generator.normal(0, 0.1, len(customers))
    is_test = generator.random(len(customers)) < 0.2
    errors = {}
    for factors in (0, 3):
        config = BiasedMfConfig(factors=factors, regularization=1.0, iterations=20)
        model = fit_biased_mf(
            customers[~is_test], titles[~is_test], noisy[~is_test], truth.shape, config, 7
        )
        predicted = model.predict(customers[is_test], titles[is_test])
        expected = np.clip(truth[customers[is_test], titles[is_test]], 0.5, 5.0)
        errors[factors] = np.sqrt(np.mean((predicted - expected) ** 2))
    assert errors[3] < 0.2
    assert errors[0] > 0.6


def test_predictions_stay_in_the_range_of_ratings() -> None:
    customers, titles = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    ratings = np.array([5.0, 5.0, 5.0, 0.5])
    config = BiasedMfConfig(
        factors=0, customer_bias_regularization=1e-6, title_bias_regularization=1e-6
    )
    model = fit_biased_mf(customers, titles, ratings, (2, 2), config, 7)
    assert model.predict(np.array([0]), np.array([0])).tolist() == [5.0]
