"""Recommendations: candidates are evaluated and fitted, the champion's stored parameters served."""

from marquee.ml.evaluations import EVALUATION_SCHEMA
from marquee.ml.recommendation.evaluation import evaluate_recommenders
from marquee.ml.recommendation.fitting import FITTED_PARAMETER_SCHEMA, fit_recommenders
from marquee.ml.recommendation.interactions import INTERACTION_SCHEMA
from marquee.ml.recommendation.parameters import PARAMETER_SCHEMA
from marquee.ml.recommendation.serving import RECOMMENDATION_SCHEMA, recommend
from marquee.ml.recommendation.similarity import SIMILAR_TITLE_SCHEMA, similar_titles
from marquee.ml.recommendation.specification import RecommenderSpecification
from marquee.ml.recommendation.territory import TERRITORY_SCHEMA, score_territories

__all__ = [
    "EVALUATION_SCHEMA",
    "FITTED_PARAMETER_SCHEMA",
    "INTERACTION_SCHEMA",
    "PARAMETER_SCHEMA",
    "RECOMMENDATION_SCHEMA",
    "SIMILAR_TITLE_SCHEMA",
    "TERRITORY_SCHEMA",
    "RecommenderSpecification",
    "evaluate_recommenders",
    "fit_recommenders",
    "recommend",
    "score_territories",
    "similar_titles",
]
