"""Texts whose sentiment is known: phrases with openers and closers, by some hundred authors."""

import datetime as dt
from collections.abc import Iterable

import pyarrow as pa

from marquee.ml.sentiment import SentimentSpecification
from marquee.ml.tabular.specification import Criterion, SuccessCriteria

DAY = dt.date(2026, 4, 1)
PHRASES = {
    "negative": [
        *("this was boring", "not good at all", "a waste of time", "I would not watch this again"),
        *("not funny", "das war langweilig", "gar nicht gut", "reine Zeitverschwendung"),
    ],
    "neutral": [
        *("just watched this", "this is on tonight", "halfway through", "it is two hours long"),
        *("who else watches this?", "gerade gesehen", "das läuft heute", "wer schaut das noch?"),
    ],
    "positive": [
        *(
            "this was never boring",
            "not bad at all",
            "a wonderful evening",
            "I would watch it again",
        ),
        *("very funny", "das war großartig", "gar nicht schlecht", "ich liebe das"),
    ],
}
OPENERS = ("", "Well, ", "OK, ", "Honestly: ", "RT ", "So ", "Yes, ", "Hm, ")
CLOSERS = {
    "negative": ("", " 😡", " 👎", "...", "!"),
    "neutral": ("", " 📺", ".", " 🤔", "?"),
    "positive": ("", " 😍", " 👍", "!!", " 🎉"),
}


def specification(**changes: object) -> SentimentSpecification:
    criterion = Criterion("macro_f1", 0.5)
    settings: dict[str, object] = {
        "objective": "What do people feel?",
        "decision": "What to look at first.",
        "success_criteria": SuccessCriteria(criterion, criterion),
        "candidates": ("constant", "naive_bayes", "logistic_regression", "linear_svm"),
        "cadence": "every 28 days",
        "minimum_texts": 100,
        "bootstrap_resamples": 20,
    }
    return SentimentSpecification(**(settings | changes))


def labels(sentiments: Iterable[str] = tuple(PHRASES), day: dt.date = DAY) -> pa.Table:
    """Every phrase with every opener and closer, received on the 60 days before the day."""
    rows = []
    for sentiment in sentiments:
        for phrase in PHRASES[sentiment]:
            for opener in OPENERS:
                for closer in CLOSERS[sentiment]:
                    number = len(rows)
                    rows.append(
                        {
                            "customer_id": f"c{number % 97:03d}",
                            "post_text": f"{opener}{phrase}{closer}",
                            "labelled_sentiment": sentiment,
                            "label_received_date": day - dt.timedelta(days=1 + number * 7 % 60),
                        }
                    )
    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("post_text", pa.string()),
            ("labelled_sentiment", pa.string()),
            ("label_received_date", pa.date32()),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def posts(texts: Iterable[str] = ("anything",), day: dt.date = DAY) -> pa.Table:
    """Posts with these texts, as they are scored."""
    kept = list(texts)
    return pa.table(
        {
            "network_name": pa.array(["x"] * len(kept), pa.string()),
            "post_id": pa.array([f"p{number:03d}" for number in range(len(kept))], pa.string()),
            "post_text": pa.array(kept, pa.string()),
            "as_of_date": pa.array([day] * len(kept), pa.date32()),
        }
    )
