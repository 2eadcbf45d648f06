"""Ads: how probable it is that one is watched to its end, and which to place where."""

from marquee.ml.ads.evaluation import evaluate_ad_models
from marquee.ml.ads.policies import POLICY_SCHEMA, evaluate_policies
from marquee.ml.ads.scoring import MIDROLL_SCHEMA, score_midrolls
from marquee.ml.ads.training import train_ad_models
from marquee.ml.artifacts import ARTIFACT_SCHEMA
from marquee.ml.evaluations import EVALUATION_SCHEMA
from marquee.ml.tabular.specification import ModelSpecification

__all__ = [
    "ARTIFACT_SCHEMA",
    "EVALUATION_SCHEMA",
    "MIDROLL_SCHEMA",
    "POLICY_SCHEMA",
    "ModelSpecification",
    "evaluate_ad_models",
    "evaluate_policies",
    "score_midrolls",
    "train_ad_models",
]
