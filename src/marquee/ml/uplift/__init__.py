"""Retention offers: whom an offer keeps, not only who is at risk."""

from marquee.ml.uplift.evaluation import (
    GROUP_SCHEMA,
    PREDICTION_SCHEMA,
    RANKING_SCHEMA,
    compare_rankings,
    predict_offers,
    uplift_by_group,
)
from marquee.ml.uplift.scoring import EFFECT_SCHEMA, score_offer_effects

__all__ = [
    "EFFECT_SCHEMA",
    "GROUP_SCHEMA",
    "PREDICTION_SCHEMA",
    "RANKING_SCHEMA",
    "compare_rankings",
    "predict_offers",
    "score_offer_effects",
    "uplift_by_group",
]
