"""Sentences of film reviews: as good as what simple, well-tuned methods reach on them."""

from pathlib import Path

import numpy as np

from tests.python.ml.sentiment.polarity import accuracies, cleaned, folds_of, read_sentences


def test_three_of_ten_folds(real_data: Path):
    sentences, labels = read_sentences(real_data)
    texts, folds = cleaned(sentences), folds_of(sentences)
    assert np.mean(accuracies("logistic_regression", texts, labels, folds, range(3))) > 0.78
