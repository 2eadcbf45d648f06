"""Segments: who resembles whom. Centroids are found and measured here; SQL assigns customers."""

from marquee.ml.artifacts import ARTIFACT_SCHEMA
from marquee.ml.evaluations import EVALUATION_SCHEMA
from marquee.ml.segmentation.evaluation import evaluate_segments
from marquee.ml.segmentation.specification import SegmentSpecification
from marquee.ml.segmentation.training import train_segments

__all__ = [
    "ARTIFACT_SCHEMA",
    "EVALUATION_SCHEMA",
    "SegmentSpecification",
    "evaluate_segments",
    "train_segments",
]
