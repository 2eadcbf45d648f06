"""Recommendations: candidates are evaluated and fitted, the champion's stored parameters served."""

from marquee.ml.evaluations import EVALUATION_SCHEMA
from marquee.ml.recommendation.evaluation import evaluate_recommenders
from marquee.ml.recommendation.fitting import fit_recommenders
from marquee.ml.recommendation.group_shares import (
    SEGMENT_SCHEMA,
    TERRITORY_SCHEMA,
    score_segments,
    score_territories,
)
from marquee.ml.recommendation.interactions import INTERACTION_SCHEMA
from marquee.ml.recommendation.parameters import FITTED_PARAMETER_SCHEMA, PARAMETER_SCHEMA
from marquee.ml.recommendation.serving import (
    RECOMMENDATION_SCHEMA,
    Audience,
    Catalogue,
    recommend,
)
from marquee.ml.recommendation.similarity import SIMILAR_TITLE_SCHEMA, similar_titles
from marquee.ml.recommendation.specification import RecommenderSpecification

__all__ = [
    "EVALUATION_SCHEMA",
    "FITTED_PARAMETER_SCHEMA",
    "INTERACTION_SCHEMA",
    "PARAMETER_SCHEMA",
    "RECOMMENDATION_SCHEMA",
    "SEGMENT_SCHEMA",
    "SIMILAR_TITLE_SCHEMA",
    "TERRITORY_SCHEMA",
    "Audience",
    "Catalogue",
    "RecommenderSpecification",
    "evaluate_recommenders",
    "fit_recommenders",
    "recommend",
    "score_segments",
    "score_territories",
    "similar_titles",
]
