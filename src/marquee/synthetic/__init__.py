"""A seeded streaming service whose truth is known: its landing files, with planted faults."""

from marquee.synthetic.configuration import (
    AdEventFaultRates,
    CaseFaultRates,
    EventFaultRates,
    OfferFaultRates,
    PaymentFaultRates,
    PostFaultRates,
    RatingFaultRates,
    SyntheticConfiguration,
    TagFaultRates,
)
from marquee.synthetic.generation import SyntheticSummary, generate
from marquee.synthetic.truth import true_affinities

__all__ = [
    "AdEventFaultRates",
    "CaseFaultRates",
    "EventFaultRates",
    "OfferFaultRates",
    "PaymentFaultRates",
    "PostFaultRates",
    "RatingFaultRates",
    "SyntheticConfiguration",
    "SyntheticSummary",
    "TagFaultRates",
    "generate",
    "true_affinities",
]
