"""Every setting of the forecasts of sentiment, in one place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from marquee.ml.settings import check_bounds, settings_from_mapping
from marquee.ml.versions import canonical_json

HORIZON = 7
"""Days that are forecast."""


@dataclass(frozen=True)
class ForecastSpecification:
    """Settings of the forecasts.

    Attributes:
        history_days: Days that are looked at.
        minimum_posts: An entity with fewer posts in them is not forecast.
        origins: Days, a week apart, from which forecasts are tried that have come true or not.
        minimum_errors: With fewer errors in either half of the origins, intervals are those of a
            normal distribution, and nothing is said about them.
        bootstrap_resamples: Resamples of the entities behind each interval of a measure.
        seed: Seed of the resampling.
    """

    history_days: int = field(default=180, metadata={"minimum": 2 * HORIZON})
    minimum_posts: int = field(default=20, metadata={"minimum": 1})
    origins: int = field(default=8, metadata={"minimum": 2})
    minimum_errors: int = field(default=50, metadata={"minimum": 1})
    bootstrap_resamples: int = field(default=200, metadata={"minimum": 1})
    seed: int = field(default=7, metadata={"minimum": 0})

    def __post_init__(self) -> None:
        check_bounds(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "ForecastSpecification":
        """Builds a specification from the `config.meta` of a dbt model."""
        return settings_from_mapping(cls, mapping)

    def canonical(self) -> str:
        """Writes the settings as canonical JSON."""
        return canonical_json(asdict(self))
