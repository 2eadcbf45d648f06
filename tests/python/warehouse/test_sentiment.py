"""Sentiment in real builds: what posts say and their authors felt, and what is published."""

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from marquee.ml.sentiment.evaluation import macro_f1
from marquee.ml.sentiment.specification import SENTIMENTS
from marquee.registry import register_models
from tests.python.conftest import Deployment

pytestmark = pytest.mark.slow

SERVED = (
    *("post_sentiments", "entity_sentiment_days", "entity_sentiment_forecasts"),
    *("segment_title_sentiments", "sentiment_alarms"),
)


def test_an_empty_service_has_no_sentiment(empty: Deployment):
    for table in SERVED:
        assert empty.query(f"select count(*) from serving.{table}") == [(0,)]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{empty.paths.warehouse}' as warehouse (read_only)")
        assert register_models(connection, "warehouse", empty.lake) == 0


def test_posts_say_what_their_authors_felt(built: Deployment):
    """Learned from stars, of which some say the opposite; judged by the truth."""
    truth = pq.read_table(built.paths.home / "truth" / "posts.parquet")
    felt = {
        (row["network_name"], row["post_id"]): row["sentiment"]
        for row in truth.select(["network_name", "post_id", "sentiment"]).to_pylist()
    }
    said = built.query("select network_name, post_id, sentiment from serving.post_sentiments")
    known = [row for row in said if row[:2] in felt]
    assert len(known) > 0.95 * len(said) > 100
    pairs = [
        (SENTIMENTS.index(felt[row[:2]]), SENTIMENTS.index(row[2]) if row[2] else -1)
        for row in known
    ]
    own, answers = np.array(pairs).T
    [(algorithm,)] = built.query(
        "select algorithm from predictions.eval_sentiment_decisions where status = 'champion'"
    )
    # The lexicon knows English only: of a small service it may be all there is.
    assert macro_f1(own, answers) > (0.45 if algorithm == "lexicon" else 0.8)


def test_days_add_up_to_posts(built: Deployment):
    [(counted,)] = built.query("select sum(post_count) from serving.entity_sentiment_days")
    [(posts,)] = built.query(
        "select count(*) from serving.post_sentiments "
        "inner join features.feat_post_texts as texts using (network_name, post_id) "
        "where sentiment is not null and texts.entity_id is not null and not texts.is_ambiguous"
    )
    assert counted == posts > 0
    assert built.query(
        "select count(*) from serving.entity_sentiment_days "
        "where abs(sentiment_score) > 1 or positive_post_count + negative_post_count > post_count"
    ) == [(0,)]


def test_no_vocabulary_names_a_person(built: Deployment):
    terms = built.query(
        "select entry_id from predictions.train_sentiments where artifact_name = 'term'"
    )
    assert not [term for (term,) in terms if "@" in term or "http" in term]
