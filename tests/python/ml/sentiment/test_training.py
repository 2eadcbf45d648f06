"""Sentiment models on texts whose sentiment is known."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from marquee.ml.artifacts import FACTS, read_artifacts
from marquee.ml.sentiment import evaluate_sentiments, score_posts, train_sentiments
from marquee.ml.sentiment.families import FAMILIES
from marquee.ml.sentiment.labels import split_labels
from marquee.ml.sentiment.probabilities import fitted_slope
from marquee.ml.tabular.artifacts import training_fact
from tests.python.ml.sentiment.cases import DAY, labels, posts, specification

TOLD = {
    "this was boring": "negative",
    "this was never boring": "positive",
    "not good at all": "negative",
    "not bad at all": "positive",
    "gar nicht gut": "negative",
    "gar nicht schlecht": "positive",
    "just watched this": "neutral",
    # Of a language that training had nothing of, and of none at all.
    "とても面白い映画でした": None,
    "это был очень скучный фильм": None,
    "": None,
    "🧿": None,
    "漢 !": None,
    # Signs that say it alone.
    "😍": "positive",
    "😡": "negative",
    # What nobody has written like this before.
    "sooooo FUNNY!!!! 😍 @somebody https://example.com": "positive",
}


@pytest.fixture(scope="module")
def trained() -> pa.Table:
    return train_sentiments(labels(), posts(), specification())


def versions(artifacts: pa.Table) -> dict[str, str]:
    rows = artifacts.select(["algorithm", "model_version"]).to_pylist()
    return {row["algorithm"]: row["model_version"] for row in rows}


def decided(artifacts: pa.Table, algorithm: str) -> pa.Table:
    return pa.table({"model_version": [versions(artifacts)[algorithm]], "status": ["champion"]})


def told(artifacts: pa.Table, algorithm: str, texts: list[str]) -> list[str | None]:
    decisions = decided(artifacts, algorithm)
    found = score_posts(posts(texts), artifacts, decisions, specification())
    return found["sentiment"].to_pylist()


def registered(artifacts: pa.Table, champion: str) -> pa.Table:
    is_champion = pc.equal(artifacts["algorithm"], champion)
    return artifacts.append_column("is_champion", is_champion)


@pytest.mark.parametrize("algorithm", ["logistic_regression", "linear_svm"])
def test_negation_emoji_and_languages(trained: pa.Table, algorithm: str):
    assert told(trained, algorithm, list(TOLD)) == list(TOLD.values())


def test_the_lexicon_knows_english_only(trained: pa.Table):
    texts = ["what a wonderful film", "I hate this terrible film", "das war leider nicht so gut"]
    assert told(trained, "lexicon", texts) == ["positive", "negative", None]


def test_probabilities_add_up_and_say_what_is_said(trained: pa.Table):
    decisions = decided(trained, "logistic_regression")
    rows = score_posts(posts(TOLD), trained, decisions, specification()).to_pylist()
    for row in rows:
        shares = {name: row[f"{name}_probability"] for name in ("negative", "neutral", "positive")}
        if row["sentiment"] is None:
            assert set(shares.values()) == {None}
        else:
            assert sum(shares.values()) == 1
            assert max(shares, key=shares.__getitem__) == row["sentiment"]


def test_the_order_of_rows_changes_no_bit(trained: pa.Table):
    rows = labels()
    order = np.random.default_rng(3).permutation(len(rows))
    again = train_sentiments(rows.take(pa.array(order)), posts(), specification())
    assert again.equals(trained)
    texts = posts(TOLD)
    decisions = decided(trained, "linear_svm")
    turned = texts.take(pa.array(range(len(texts) - 1, -1, -1)))
    assert score_posts(turned, again, decisions, specification()).equals(
        score_posts(texts, trained, decisions, specification())
    )


def test_figures_beside_the_lexicon_and_the_champion(trained: pa.Table):
    known = registered(trained, "naive_bayes")
    found = evaluate_sentiments(labels(), posts(), trained, specification(), known)
    figures = {
        (row["algorithm"], row["metric"]): row for row in found.to_pylist() if "20" in row["split"]
    }
    assert {row["split"] for row in figures.values()} == {f"newest_{DAY - dt.timedelta(days=28)}"}
    best = figures["logistic_regression", "macro_f1"]
    assert best["value"] > 0.9
    assert best["baseline_value"] == figures["lexicon", "macro_f1"]["value"]
    assert best["difference_lower_bound"] > 0
    assert figures["lexicon", "unknown_share"]["value"] > 0.2
    assert ("naive_bayes", "registered_champion") in figures
    assert ("linear_svm", "gain_over_champion") in figures
    assert figures["constant", "technical_criterion"]["difference"] < 0
    assert {row["customer_count"] for row in figures.values()} == {
        len(split_labels(labels(), DAY, specification()).test)
    }


def test_training_waits_for_its_cadence_and_the_champion_stays(trained: pa.Table):
    later = DAY + dt.timedelta(days=27)
    known = registered(trained, "naive_bayes")
    again = train_sentiments(labels(day=later), posts(day=later), specification(), known)
    assert again.equals(trained)
    later += dt.timedelta(days=1)
    other = train_sentiments(labels(day=later), posts(day=later), specification(), known)
    assert versions(trained)["naive_bayes"] in other["model_version"].to_pylist()
    changed = specification(smoothing=2.0)
    soon = train_sentiments(labels(), posts(day=DAY + dt.timedelta(days=1)), changed, known)
    assert versions(soon)["linear_svm"] != versions(trained)["linear_svm"]


def test_what_the_registry_knows_is_not_trained_again(
    trained: pa.Table, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("marquee.ml.sentiment.training.out_of_fold_scores", None)
    known = registered(trained, "linear_svm")
    assert train_sentiments(labels(), posts(), specification(), known).equals(trained)


def test_without_posts_there_is_nothing():
    nothing = train_sentiments(labels().slice(0, 0), posts([]), specification())
    assert len(nothing) == 0
    assert len(evaluate_sentiments(labels(), posts([]), nothing, specification())) == 0
    decisions = pa.table(
        {"model_version": pa.array([], pa.string()), "status": pa.array([], pa.string())}
    )
    assert len(score_posts(posts(["text"]), nothing, decisions, specification())) == 0


@pytest.mark.parametrize("count", [0, 1, 99])
def test_with_few_labels_the_lexicon_stands_alone(count: int):
    few = labels().slice(0, count)
    found = train_sentiments(few, posts(), specification())
    assert list(versions(found)) == ["lexicon"]
    assert told(found, "lexicon", ["a wonderful film, I love it"]) == ["positive"]
    figures = evaluate_sentiments(few, posts(), found, specification())
    assert set(figures["algorithm"].to_pylist()) == {"lexicon"}


def test_one_class_teaches_nothing():
    found = train_sentiments(labels(["positive"]), posts(), specification(minimum_texts=50))
    assert list(versions(found)) == ["lexicon"]


def test_two_classes_leave_nothing_to_the_third():
    two = labels(["negative", "positive"])
    found = train_sentiments(two, posts(), specification())
    decisions = decided(found, "logistic_regression")
    [row] = score_posts(posts(["very funny"]), found, decisions, specification()).to_pylist()
    assert (row["sentiment"], row["neutral_probability"]) == ("positive", 0)


def test_terms_of_few_authors_are_not_learned():
    few = labels()
    authors = pa.array(["c1"] * len(few), pa.string())
    at = few.column_names.index("customer_id")
    found = train_sentiments(few.set_column(at, "customer_id", authors), posts(), specification())
    # One author is held back or learned from as a whole, and no term is used by five.
    for rows in read_artifacts(found).values():
        terms = {row.entry_id for row in rows if row.artifact_name == "term"}
        assert terms <= {"lexicon"}


def test_a_text_is_in_one_part_and_counts_once():
    rows = labels()
    split = split_labels(pa.concat_tables([rows, rows, rows]), DAY, specification())
    train, test = ({text.text for text in part} for part in (split.train, split.test))
    assert len(train) == len(split.train)
    assert not train & test


def test_facts_tell_the_training(trained: pa.Table):
    for rows in read_artifacts(trained).values():
        facts = {name: training_fact(rows, name) for name in FACTS}
        assert facts["as_of_date"] == str(DAY)
        assert int(facts["training_row_count"]) > 400


def test_calibration_follows_what_is_right():
    random = np.random.default_rng(5)
    scores = random.normal(size=(4000, 3))
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    drawn = (random.random((4000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    assert fitted_slope(scores * 5.0, drawn) == pytest.approx(0.2, rel=0.1)
    assert fitted_slope(scores[:3], drawn[:3]) == 1.0


def test_unknown_families_are_named():
    with pytest.raises(ValueError, match="no family is called oracle"):
        train_sentiments(labels(), posts(), specification(candidates=("oracle",)))
    assert "lexicon" in FAMILIES
