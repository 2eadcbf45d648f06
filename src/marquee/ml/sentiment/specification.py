"""Every setting of the sentiment models, in one place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from marquee.ml.neural.settings import GruConfig
from marquee.ml.settings import check_bounds
from marquee.ml.tabular.specification import SuccessCriteria
from marquee.ml.training_plan import cadence_days, planned_settings
from marquee.ml.versions import canonical_json

SENTIMENTS = ("negative", "neutral", "positive")
LEXICON, RECURRENT = "lexicon", "recurrent"

# What is said about the model, when it is trained and how it is judged makes no other model.
_NOT_TRAINED_WITH = (
    *("objective", "decision", "success_criteria", "candidates", "cadence"),
    "bootstrap_resamples",
)


# Labels are fewer than titles that follow each other: a smaller network, and more left out.
_RECURRENT = GruConfig(dimension=32, dropout=0.5, patience=2)


@dataclass(frozen=True)
class SentimentSpecification:
    """What sentiment is for, what it has to reach, what is tried and when it is tried again.

    Attributes:
        objective: What is told, in a sentence.
        decision: What somebody does differently because of it.
        success_criteria: What a version has to reach before it may score: figures of the
            evaluation and the least that is good enough.
        candidates: Families that are tried; the lexicon is measured beside them in any case.
        cadence: When to train anew: always, or every n days (of the data, not of the clock).
        minimum_texts: With fewer distinct labelled texts nothing is trained.
        holdout_days: Texts first received in so many newest days are held back to judge by.
        minimum_holdout_texts: With fewer of those, a fifth of the authors is held back instead.
        minimum_author_count: A term is learned if so many authors have used it: rarer ones may
            be names, and tell little.
        maximum_terms: Most terms that are learned; those that most authors use.
        minimum_language_texts: A language with fewer texts in training is not judged.
        minimum_confidence: From which confidence on the language of a text counts as known.
        logistic_penalty: Weight of the squared coefficients against the loss, the logistic one.
        svm_penalty: The same of the linear support vector machine.
        recurrent: Settings of the recurrent network, which needs the extra `deep`.
        smoothing: What naive Bayes and the scales of terms add to each count.
        folds: Folds of the cross-validation, by author.
        bootstrap_resamples: Resamples of the texts behind each interval.
        seed: Seed of every random choice.
    """

    objective: str
    decision: str
    success_criteria: SuccessCriteria
    candidates: tuple[str, ...]
    cadence: str
    minimum_texts: int = field(default=200, metadata={"minimum": 2})
    holdout_days: int = field(default=28, metadata={"minimum": 1})
    minimum_holdout_texts: int = field(default=100, metadata={"minimum": 1})
    minimum_author_count: int = field(default=5, metadata={"minimum": 1})
    maximum_terms: int = field(default=40_000, metadata={"minimum": 1})
    minimum_language_texts: int = field(default=20, metadata={"minimum": 1})
    minimum_confidence: float = field(default=0.5, metadata={"minimum": 0.0, "maximum": 1.0})
    logistic_penalty: float = field(default=1.0, metadata={"minimum": 1e-9})
    svm_penalty: float = field(default=4.0, metadata={"minimum": 1e-9})
    recurrent: GruConfig = _RECURRENT
    smoothing: float = field(default=1.0, metadata={"minimum": 1e-9})
    folds: int = field(default=5, metadata={"minimum": 2})
    bootstrap_resamples: int = field(default=200, metadata={"minimum": 1})
    seed: int = field(default=7, metadata={"minimum": 0})

    def __post_init__(self) -> None:
        check_bounds(self)
        cadence_days(self.cadence)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "SentimentSpecification":
        """Builds a specification from a mapping, such as the `config.meta` of a dbt model.

        Args:
            mapping: Settings; values may be strings, lists may be comma-separated strings.

        Raises:
            ValueError: If an entry lacks (objective, decision, success_criteria with technical
                and business, candidates, cadence), is empty or unknown, or does not fit.
        """
        return planned_settings(cls, mapping)

    def canonical(self) -> str:
        """Writes what a version depends on as canonical JSON."""
        settings = asdict(self)
        return canonical_json(
            {name: value for name, value in settings.items() if name not in _NOT_TRAINED_WITH}
        )
