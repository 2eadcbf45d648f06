"""Every setting of the recommenders, in one place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from marquee.ml.recommendation import biased_mf, ease, implicit_als, item_knn, popularity
from marquee.ml.recommendation.biased_mf import BiasedMfConfig
from marquee.ml.recommendation.blending import BlendConfig
from marquee.ml.recommendation.content import ContentConfig
from marquee.ml.recommendation.ease import EaseConfig
from marquee.ml.recommendation.exposure import ExposureConfig
from marquee.ml.recommendation.implicit_als import ImplicitAlsConfig
from marquee.ml.recommendation.item_knn import ItemKnnConfig
from marquee.ml.recommendation.rules import RuleConfig
from marquee.ml.settings import check_bounds, settings_from_mapping
from marquee.ml.versions import canonical_json

SPLIT_NAMES = ("auto", "date", "customer_time", "random")


@dataclass(frozen=True)
class RecommenderSpecification:
    """Settings of training, evaluation and serving.

    Attributes:
        seed: Seed of every random choice.
        splits: How to hold rows back for ranking metrics: date, customer_time, random, or auto
            (date if enough customers have rows on both sides, else customer_time).
        test_share: Share of the rows that is held back, above 0 and below 1.
        minimum_date_split_customers: Customers with five training rows and a test row that the
            split by one date needs.
        metric_cutoffs: Lengths of list that ranking metrics are given for.
        bootstrap_resamples: Resamples of the customers behind each interval.
        rating_folds: Folds of the rating predictor's cross-validation.
        minimum_ratings: Ratings below which there is no rating predictor.
        list_length: Titles that each customer is served.
        minimum_territory_customers: Customers with history that a country needs for a
            popularity of its own.
        minimum_segment_customers: Customers with history that a segment needs likewise.
        item_knn: Settings of item_knn.
        ease: Settings of ease.
        als: Settings of als.
        biased_mf: Settings of biased_mf, and of the biases it is compared with.
        content: Settings of content-based likeness.
        blend: How much contents say of titles that few customers have.
        rules: What may stand in a list.
        exposure: How often a list has a new title. No model version depends on these four.
    """

    seed: int = field(default=7, metadata={"minimum": 0})
    splits: tuple[str, ...] = ("auto",)
    test_share: float = field(default=0.2, metadata={"minimum": 0.01, "maximum": 0.99})
    minimum_date_split_customers: int = field(default=500, metadata={"minimum": 1})
    metric_cutoffs: tuple[int, ...] = field(default=(10, 20), metadata={"minimum": 1})
    bootstrap_resamples: int = field(default=200, metadata={"minimum": 1})
    rating_folds: int = field(default=5, metadata={"minimum": 2})
    minimum_ratings: int = field(default=100, metadata={"minimum": 2})
    list_length: int = field(default=20, metadata={"minimum": 1})
    minimum_territory_customers: int = field(default=50, metadata={"minimum": 1})
    minimum_segment_customers: int = field(default=50, metadata={"minimum": 1})
    item_knn: ItemKnnConfig = field(default_factory=ItemKnnConfig)
    ease: EaseConfig = field(default_factory=EaseConfig)
    als: ImplicitAlsConfig = field(default_factory=ImplicitAlsConfig)
    biased_mf: BiasedMfConfig = field(default_factory=BiasedMfConfig)
    content: ContentConfig = field(default_factory=ContentConfig)
    blend: BlendConfig = field(default_factory=BlendConfig)
    rules: RuleConfig = field(default_factory=RuleConfig)
    exposure: ExposureConfig = field(default_factory=ExposureConfig)

    def __post_init__(self) -> None:
        check_bounds(self)
        unknown = sorted(set(self.splits) - set(SPLIT_NAMES))
        if unknown:
            raise ValueError(
                f"unknown splits {', '.join(unknown)}; allowed are {', '.join(SPLIT_NAMES)}"
            )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "RecommenderSpecification":
        """Builds a specification from a mapping, such as the `config.meta` of a dbt model.

        Args:
            mapping: Settings that replace defaults; values may be strings, lists may be
                comma-separated strings, algorithms are mappings.

        Raises:
            ValueError: If a key is unknown or a value does not fit.
        """
        return settings_from_mapping(cls, mapping)

    def canonical(self, algorithm: str) -> str:
        """Writes what an algorithm and its evaluation depend on as canonical JSON.

        Serving settings are left out, so that a longer list does not make a new model; so are
        the splits, which stand in a column of the evaluations.

        Args:
            algorithm: One of the ranking algorithms, biased_mf or biases.

        Raises:
            ValueError: If there is no such algorithm.
        """
        settings: dict[str, Any] = {
            popularity.NAME: None,
            item_knn.NAME: self.item_knn,
            ease.NAME: self.ease,
            implicit_als.NAME: self.als,
            biased_mf.NAME: self.biased_mf,
            biased_mf.BASELINE_NAME: self.biased_mf,
        }
        if algorithm not in settings:
            raise ValueError(f"unknown algorithm {algorithm}; allowed are {', '.join(settings)}")
        is_rating = algorithm in (biased_mf.NAME, biased_mf.BASELINE_NAME)
        depended_on = (
            ("rating_folds", "minimum_ratings")
            if is_rating
            else ("test_share", "minimum_date_split_customers", "metric_cutoffs")
        )
        return canonical_json(
            {
                "algorithm": algorithm,
                "seed": self.seed,
                "settings": asdict(settings[algorithm]) if settings[algorithm] else {},
                "evaluation": {
                    name: getattr(self, name) for name in ("bootstrap_resamples", *depended_on)
                },
            }
        )
