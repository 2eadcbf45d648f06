"""Every setting of the next-title models, in one place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from marquee.ml.neural.settings import GruConfig
from marquee.ml.settings import check_bounds, settings_from_mapping
from marquee.ml.versions import canonical_json

POPULARITY, MARKOV, GRU = "popularity", "markov", "gru"
ALGORITHMS = (POPULARITY, MARKOV, GRU)
_SERVING = ("algorithms", "list_length")


@dataclass(frozen=True)
class MarkovConfig:
    """Settings of the first-order Markov model.

    Attributes:
        prior_transitions: As if so many more customers had gone on from each title by popularity.
    """

    prior_transitions: float = field(default=5.0, metadata={"minimum": 0.001})

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class SequenceSpecification:
    """Settings of training, evaluation and serving.

    Attributes:
        algorithms: Which models are tried; `markov`, the baseline, is always among them. `gru`
            needs the extra `deep`.
        seed: Seed of every random choice.
        test_share: Share of the rows that is held back, above 0 and below 1.
        minimum_date_split_customers: Customers with five training rows and a test row that the
            split by one date needs.
        evaluated_customers: Most customers that figures are made of, drawn by the seed.
        metric_cutoffs: Lengths of list that metrics are given for.
        bootstrap_resamples: Resamples of the customers behind each interval.
        list_length: Titles that each customer is served.
        markov: Settings of markov.
        gru: Settings of gru.
    """

    algorithms: tuple[str, ...] = (POPULARITY, MARKOV)
    seed: int = field(default=7, metadata={"minimum": 0})
    test_share: float = field(default=0.2, metadata={"minimum": 0.01, "maximum": 0.99})
    minimum_date_split_customers: int = field(default=500, metadata={"minimum": 1})
    evaluated_customers: int = field(default=5000, metadata={"minimum": 1})
    metric_cutoffs: tuple[int, ...] = field(default=(10,), metadata={"minimum": 1})
    bootstrap_resamples: int = field(default=200, metadata={"minimum": 1})
    list_length: int = field(default=10, metadata={"minimum": 1})
    markov: MarkovConfig = field(default_factory=MarkovConfig)
    gru: GruConfig = field(default_factory=GruConfig)

    def __post_init__(self) -> None:
        check_bounds(self)
        unknown = sorted(set(self.algorithms) - set(ALGORITHMS))
        if unknown:
            raise ValueError(
                f"unknown algorithms {', '.join(unknown)}; allowed are {', '.join(ALGORITHMS)}"
            )
        if MARKOV not in self.algorithms:
            raise ValueError("algorithms lacks markov, which the others are measured against")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "SequenceSpecification":
        """Builds a specification from a mapping, such as the `config.meta` of a dbt model.

        Raises:
            ValueError: If a key is unknown or a value does not fit.
        """
        return settings_from_mapping(cls, mapping)

    def canonical(self, algorithm: str) -> str:
        """Writes what an algorithm and its evaluation depend on as canonical JSON."""
        settings = asdict(self)
        own = settings.get(algorithm, {})
        return canonical_json(
            {
                "algorithm": algorithm,
                "settings": own,
                "evaluation": {
                    name: value
                    for name, value in settings.items()
                    if name not in (*_SERVING, MARKOV, GRU)
                },
            }
        )
