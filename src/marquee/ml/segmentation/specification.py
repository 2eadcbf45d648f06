"""Every setting of the segments, in one place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from marquee.ml.settings import check_bounds
from marquee.ml.tabular.specification import SuccessCriteria
from marquee.ml.training_plan import cadence_days, planned_settings
from marquee.ml.versions import canonical_json

# What is said about the model, when it is trained and how it is judged makes no other model.
_NOT_TRAINED_WITH = (
    *("objective", "decision", "success_criteria", "cadence", "bootstrap_resamples"),
    "minimum_overlap",
)


@dataclass(frozen=True)
class SegmentSpecification:
    """What segments are for, what they have to reach, what is tried and when it is tried again.

    Attributes:
        objective: What is found, in a sentence.
        decision: What somebody does differently because of it.
        success_criteria: What a version has to reach before it may assign customers: figures of
            the evaluation and the least that is good enough.
        segment_counts: Numbers of segments that are tried.
        cadence: When to train anew: always, or every n days (of the data, not of the clock).
        minimum_play_count: A customer with fewer known plays gets no segment.
        training_play_count: A customer with fewer known plays is assigned, but not trained with.
        minimum_customers: With fewer customers to train with nothing is trained.
        minimum_segment_share: A number of segments is out if its smallest has a smaller share.
        minimum_stability: A number of segments is out if other draws of the customers give other
            segments: the least mean adjusted Rand index.
        engagement_share: Share of the engagement features in the variance of all features.
        silhouette_tolerance: How far below the best silhouette a number of segments may lie; of
            those the highest is chosen.
        starts: How often k-means begins anew; the least sum of squares counts.
        stability_bootstraps: Draws of the customers behind the stability.
        stability_starts: How often k-means begins anew for each of these draws.
        stability_sample: Customers, drawn by the seed, who are drawn from.
        silhouette_sample: Customers, drawn by the seed, among whom silhouettes are measured.
        trait_count: Most traits that a label names.
        minimum_trait: Standard deviations that a segment lies off the mean where it has a trait.
        minimum_overlap: Least share of common customers (Jaccard) by which a segment keeps the
            number of an older one.
        bootstrap_resamples: Resamples of the customers behind each interval.
        seed: Seed of every random choice.
    """

    objective: str
    decision: str
    success_criteria: SuccessCriteria
    segment_counts: tuple[int, ...] = field(metadata={"minimum": 2, "maximum": 99})
    cadence: str
    minimum_play_count: int = field(default=5, metadata={"minimum": 1})
    training_play_count: int = field(default=5, metadata={"minimum": 1})
    minimum_customers: int = field(default=50, metadata={"minimum": 2})
    minimum_segment_share: float = field(default=0.02, metadata={"minimum": 0.0, "maximum": 1.0})
    minimum_stability: float = field(default=0.6, metadata={"minimum": -1.0, "maximum": 1.0})
    engagement_share: float = field(default=0.05, metadata={"minimum": 0.0, "maximum": 0.95})
    silhouette_tolerance: float = field(default=0.01, metadata={"minimum": 0.0})
    starts: int = field(default=6, metadata={"minimum": 1})
    stability_bootstraps: int = field(default=10, metadata={"minimum": 1})
    stability_starts: int = field(default=2, metadata={"minimum": 1})
    stability_sample: int = field(default=4000, metadata={"minimum": 2})
    silhouette_sample: int = field(default=2000, metadata={"minimum": 2})
    trait_count: int = field(default=3, metadata={"minimum": 1, "maximum": 3})
    minimum_trait: float = field(default=0.5, metadata={"minimum": 0.0})
    minimum_overlap: float = field(default=0.3, metadata={"minimum": 0.0, "maximum": 1.0})
    bootstrap_resamples: int = field(default=200, metadata={"minimum": 1})
    seed: int = field(default=7, metadata={"minimum": 0})

    def __post_init__(self) -> None:
        check_bounds(self)
        cadence_days(self.cadence)
        if self.training_play_count < self.minimum_play_count:
            raise ValueError("training_play_count is below minimum_play_count")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "SegmentSpecification":
        """Builds a specification from a mapping, such as the `config.meta` of a dbt model.

        Args:
            mapping: Settings; values may be strings, lists may be comma-separated strings.

        Raises:
            ValueError: If an entry lacks (objective, decision, success_criteria with technical
                and business, segment_counts, cadence), is empty or unknown, or does not fit.
        """
        return planned_settings(cls, mapping)

    def canonical(self) -> str:
        """Writes what a version depends on as canonical JSON."""
        settings = asdict(self)
        return canonical_json(
            {name: value for name, value in settings.items() if name not in _NOT_TRAINED_WITH}
        )
