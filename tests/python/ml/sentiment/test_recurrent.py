"""The neural family behind the tables of the others."""

import builtins
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.artifacts import read_artifacts
from marquee.ml.neural.settings import GruConfig
from marquee.ml.sentiment import score_posts, train_sentiments
from marquee.ml.sentiment.families import FAMILIES
from marquee.ml.sentiment.labelled import LabelledTexts
from marquee.ml.sentiment.terms import read_texts
from tests.python.ml.sentiment.cases import labels, posts, specification

# Each new shape is compiled anew, which takes seconds.
pytestmark = pytest.mark.slow

SMALL = GruConfig(dimension=8, epochs=12, learning_rate=0.02, dropout=0.0, window=12)
NEURAL = {"candidates": ("constant", "recurrent"), "recurrent": SMALL, "folds": 2}


@pytest.fixture(scope="module")
def trained() -> pa.Table:
    return train_sentiments(labels(), posts(), specification(**NEURAL))


def test_it_is_trained_kept_and_scored_like_any_other(trained: pa.Table):
    [version] = {
        row["model_version"]
        for row in trained.select(["algorithm", "model_version"]).to_pylist()
        if row["algorithm"] == "recurrent"
    }
    decisions = pa.table({"model_version": [version], "status": ["champion"]})
    asked = ["not good at all", "not bad at all", "just watched this", "とても面白い映画でした"]
    found = score_posts(posts(asked), trained, decisions, specification(**NEURAL))
    assert found["sentiment"].to_pylist() == ["negative", "positive", "neutral", None]
    packages = [row for row in read_artifacts(trained)[version] if "jax" in row.entry_text]
    assert [row.entry_id for row in packages] == ["package_versions"]


def test_rows_in_another_order_give_the_same_bits(trained: pa.Table):
    rows = labels()
    shuffled = rows.take(pa.array(np.random.default_rng(1).permutation(rows.num_rows)))
    assert train_sentiments(shuffled, posts(), specification(**NEURAL)).equals(trained)


def test_the_order_of_words_counts():
    random = np.random.default_rng(2)
    fillers = [f"w{number}" for number in range(6)]
    texts, sentiments = [], []
    for number in range(400):
        first, second = ("good", "bad") if number % 2 else ("bad", "good")
        between = " ".join(random.choice(fillers, 2))
        texts.append(f"{first} {between} {second}")
        sentiments.append(number % 2)
    known = LabelledTexts(
        read_texts(texts, 0.5), np.array(sentiments), np.arange(len(texts)), (0, 2)
    )
    train, test = known.take(np.arange(300)), known.take(np.arange(300, 400))
    settings = specification(**NEURAL)
    family = FAMILIES["recurrent"]
    said = family.scores(family.fit(train, settings), test.texts).argmax(axis=1)
    assert (said == test.labels).mean() > 0.95


def test_no_known_word_is_no_error():
    known = LabelledTexts(
        read_texts(["a", "b", "c"], 0.5), np.array([0, 1, 1]), np.arange(3), (0, 2)
    )
    family = FAMILIES["recurrent"]
    rows = family.fit(known, specification(**NEURAL))
    assert family.scores(rows, known.texts).argmax(axis=1).tolist() == [1, 1, 1]
    assert family.scores(rows, read_texts([], 0.5)).shape == (0, 2)


def test_without_the_extra_a_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    plain = builtins.__import__

    def refuse(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "jax":
            raise ImportError(name)
        return plain(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ValueError, match=r"install marquee\[deep\]"):
        train_sentiments(labels(), posts(), specification(**NEURAL))
