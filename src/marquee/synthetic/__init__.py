"""A seeded streaming service whose truth is known: its landing files, with planted faults."""

from marquee.synthetic.configuration import (
    EventFaultRates,
    RatingFaultRates,
    SyntheticConfiguration,
    TagFaultRates,
)
from marquee.synthetic.generation import SyntheticSummary, generate
from marquee.synthetic.truth import true_affinities

__all__ = [
    "EventFaultRates",
    "RatingFaultRates",
    "SyntheticConfiguration",
    "SyntheticSummary",
    "TagFaultRates",
    "generate",
    "true_affinities",
]
