"""What sets a segment apart: the features in which it lies farthest off the mean."""

from typing import NamedTuple

import numpy as np

from marquee.ml.segmentation.specification import SegmentSpecification
from marquee.ml.segmentation.tastes import Integers, Tastes


class Trait(NamedTuple):
    """A feature in which a segment differs, and whether it is high or low there."""

    feature: str
    level: str


def traits_of(
    tastes: Tastes,
    weights: Integers,
    centroids: Integers,
    specification: SegmentSpecification,
) -> list[tuple[Trait, ...]]:
    """Gives the traits of each segment, the most telling first.

    What a segment likes says more than what it leaves out, so high features come first; low ones
    only where nothing is high. Distances are in standard deviations of the customers.

    Args:
        tastes: The customers that the segments were made of.
        weights: Weights of the features; what weighs nothing is no trait.
        centroids: Shape (segments, features).
        specification: Settings.

    Returns:
        For each segment at least one trait, unless no feature varies.
    """
    deviations = tastes.units.std(axis=0)
    scores = (centroids - tastes.units.mean(axis=0)) / np.where(deviations > 0, deviations, 1.0)
    # Rounded, so that the order of traits does not hang on a last bit.
    scores = np.round(np.where((weights > 0) & (deviations > 0), scores, 0.0), 6)
    found = []
    for own in scores:
        order = sorted(range(len(own)), key=lambda place: (-own[place], tastes.features[place]))
        high = [place for place in order if own[place] >= specification.minimum_trait > 0]
        strongest = sorted(order, key=lambda place: -abs(own[place]))
        chosen = high or [place for place in strongest if own[place] != 0][:1]
        found.append(
            tuple(
                Trait(tastes.features[place], "high" if own[place] > 0 else "low")
                for place in chosen[: specification.trait_count]
            )
        )
    return found
