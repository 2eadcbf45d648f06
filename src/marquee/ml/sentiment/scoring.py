"""Scores posts by the champion, each distinct text once."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.artifacts import read_artifacts
from marquee.ml.decimals import decimal_array
from marquee.ml.one_thread import one_thread
from marquee.ml.sentiment.cleaning import clean_text
from marquee.ml.sentiment.probabilities import SCALE, probabilities, sentiments_of
from marquee.ml.sentiment.specification import SENTIMENTS, SentimentSpecification
from marquee.ml.sentiment.terms import read_texts

_PROBABILITY = pa.decimal128(12, SCALE)
SCORE_SCHEMA = pa.schema(
    [
        ("network_name", pa.string()),
        ("post_id", pa.string()),
        ("model_version", pa.string()),
        ("sentiment", pa.string()),
        ("text_language_code", pa.string()),
        *((f"{name}_probability", _PROBABILITY) for name in SENTIMENTS),
        ("as_of_date", pa.date32()),
    ]
)


def score_posts(
    texts: pa.Table,
    artifacts: pa.Table,
    decisions: pa.Table,
    specification: SentimentSpecification,
) -> pa.Table:
    """Tells what posts say.

    Args:
        texts: network_name, post_id, post_text and as_of_date, one row a post; rows in any order.
        artifacts: What `train_sentiments` gave.
        decisions: model_version and status; one champion.
        specification: Settings.

    Returns:
        Table of SCORE_SCHEMA, sorted by key; sentiment and probabilities are null of texts that
        the champion cannot judge, the language is null where it is not certain. Empty without a
        champion.

    Raises:
        ValueError: If there are two champions.
    """
    champions = decisions.filter(pc.equal(decisions["status"], "champion"))["model_version"]
    if len(champions) > 1:
        raise ValueError(f"sentiment has more than one champion: {sorted(champions.to_pylist())}")
    if not len(champions) or not len(texts):
        return SCORE_SCHEMA.empty_table()
    champion = champions[0].as_py()
    # A text is cleaned once, and texts that are the same when clean are scored once.
    encoded = texts["post_text"].cast(pa.string()).combine_chunks().dictionary_encode()
    cleaned = [clean_text(text) for text in encoded.dictionary.to_pylist()]
    distinct = sorted(set(cleaned))
    place = {text: number for number, text in enumerate(distinct)}
    of_row = np.array([place[text] for text in cleaned], np.int64)[encoded.indices.to_numpy()]
    read = read_texts(distinct, specification.minimum_confidence)
    with one_thread():
        units = probabilities(read_artifacts(artifacts)[champion], read)
    said = sentiments_of(units)
    is_unknown = (said < 0)[of_row]
    names = pa.array([SENTIMENTS[max(number, 0)] for number in said.tolist()], pa.string())
    rows = pa.array(of_row)
    languages = pa.array([code or None for code in read.languages.tolist()], pa.string())
    none = pa.scalar(None, pa.string())
    columns = [
        texts["network_name"].cast(pa.string()),
        texts["post_id"].cast(pa.string()),
        pa.array([champion] * len(texts), pa.string()),
        pc.if_else(pa.array(is_unknown), none, names.take(rows)),
        languages.take(rows),
        *(
            decimal_array(units[of_row, number], _PROBABILITY, is_unknown)
            for number in range(len(SENTIMENTS))
        ),
        texts["as_of_date"].cast(pa.date32()),
    ]
    table = pa.Table.from_arrays(columns, schema=SCORE_SCHEMA)
    return table.sort_by([("network_name", "ascending"), ("post_id", "ascending")])
