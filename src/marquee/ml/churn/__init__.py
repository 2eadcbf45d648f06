"""Churn: who leaves. Versions are trained and measured; the champion's artefacts score."""

from marquee.ml.artifacts import ARTIFACT_SCHEMA
from marquee.ml.churn.drifts import DRIFT_SCHEMA, measure_churn_drifts
from marquee.ml.churn.evaluation import (
    HELD_BACK_SCHEMA,
    evaluate_churn_models,
    predict_held_back,
)
from marquee.ml.churn.linear import TERM_SCHEMA, linear_terms, linear_version
from marquee.ml.churn.scoring import (
    CONTRIBUTION_SCHEMA,
    SCORE_SCHEMA,
    explain_churn,
    score_churn,
)
from marquee.ml.churn.training import train_churn_models
from marquee.ml.evaluations import EVALUATION_SCHEMA
from marquee.ml.tabular.specification import ModelSpecification

__all__ = [
    "ARTIFACT_SCHEMA",
    "CONTRIBUTION_SCHEMA",
    "DRIFT_SCHEMA",
    "EVALUATION_SCHEMA",
    "HELD_BACK_SCHEMA",
    "SCORE_SCHEMA",
    "TERM_SCHEMA",
    "ModelSpecification",
    "evaluate_churn_models",
    "explain_churn",
    "linear_terms",
    "linear_version",
    "measure_churn_drifts",
    "predict_held_back",
    "score_churn",
    "train_churn_models",
]
