"""Which title a customer turns to next, from the order of those before."""

from marquee.ml.sequence.evaluation import evaluate_next_titles
from marquee.ml.sequence.fitting import fit_next_titles
from marquee.ml.sequence.serving import NEXT_TITLE_SCHEMA, recommend_next_titles
from marquee.ml.sequence.specification import SequenceSpecification

__all__ = [
    "NEXT_TITLE_SCHEMA",
    "SequenceSpecification",
    "evaluate_next_titles",
    "fit_next_titles",
    "recommend_next_titles",
]
