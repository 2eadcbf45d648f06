"""Sentiment: what posts say, negative, neutral or positive, and where it is heading."""

from marquee.ml.artifacts import ARTIFACT_SCHEMA
from marquee.ml.evaluations import EVALUATION_SCHEMA
from marquee.ml.sentiment.evaluation import evaluate_sentiments
from marquee.ml.sentiment.forecast import (
    FORECAST_SCHEMA,
    evaluate_forecasts,
    forecast_entities,
)
from marquee.ml.sentiment.forecast_specification import ForecastSpecification
from marquee.ml.sentiment.scoring import SCORE_SCHEMA, score_posts
from marquee.ml.sentiment.specification import SentimentSpecification
from marquee.ml.sentiment.training import train_sentiments

__all__ = [
    "ARTIFACT_SCHEMA",
    "EVALUATION_SCHEMA",
    "FORECAST_SCHEMA",
    "SCORE_SCHEMA",
    "ForecastSpecification",
    "SentimentSpecification",
    "evaluate_forecasts",
    "evaluate_sentiments",
    "forecast_entities",
    "score_posts",
    "train_sentiments",
]
