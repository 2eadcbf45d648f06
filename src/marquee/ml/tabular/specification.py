"""Every setting of a model over a table of features, in one place."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from marquee.ml.settings import check_bounds, settings_from_mapping
from marquee.ml.tabular.plugged import is_plugged, source_of
from marquee.ml.tabular.targets import FAMILIES
from marquee.ml.versions import canonical_json, code_version

METHODS = ("cross_validation", "validation_split")
HOLDOUTS = ("random", "time")
_DOTTED_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_CADENCE = re.compile(r"always|on drift|every (?P<days>\d+) days(?P<drift> \| on drift)?")


@dataclass(frozen=True)
class Criterion:
    """What a metric has to reach before a version may score.

    Attributes:
        metric: Name of the metric.
        minimum: Least value that is good enough.
    """

    metric: str
    minimum: float


@dataclass(frozen=True)
class SuccessCriteria:
    """What makes a version good enough: for the statistician, and for those who act on it."""

    technical: Criterion
    business: Criterion


@dataclass(frozen=True)
class LinearGrid:
    """Grid of elastic nets; every combination is tried.

    Attributes:
        penalty: Strengths of the penalty on standardised columns, at least 0.
        l1_share: Shares of the penalty that are absolute values instead of squares, 0 to 1.
    """

    penalty: tuple[float, ...] = field(default=(0.001, 0.01), metadata={"minimum": 0.0})
    l1_share: tuple[float, ...] = field(
        default=(0.0, 0.5), metadata={"minimum": 0.0, "maximum": 1.0}
    )

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class BoostingGrid:
    """Grid of gradient boosted trees; every combination is tried.

    Attributes:
        leaves: Most leaves of a tree.
        rounds: Trees.
        learning_rate: Share of each tree that counts.
        minimum_leaf_rows: Fewest rows of a leaf.
        ridge: Penalty on the square of a leaf's value.
    """

    leaves: tuple[int, ...] = field(default=(7,), metadata={"minimum": 2})
    rounds: tuple[int, ...] = field(default=(100,), metadata={"minimum": 1})
    learning_rate: tuple[float, ...] = field(
        default=(0.05,), metadata={"minimum": 0.001, "maximum": 1.0}
    )
    minimum_leaf_rows: tuple[int, ...] = field(default=(30,), metadata={"minimum": 1})
    ridge: tuple[float, ...] = field(default=(1.0,), metadata={"minimum": 0.0})

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class PluggedFamily:
    """An estimator from elsewhere, and its grid; every combination is tried.

    Attributes:
        family: Dotted path of the function that fits it, as in my_team.models:fit.
        grid: Values of each of its settings, by name.
    """

    family: str
    grid: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _DOTTED_PATH.fullmatch(self.family):
            raise ValueError(
                f"candidates.plugged names {self.family!r}; it has to be a dotted path such as "
                "my_team.models:fit"
            )


@dataclass(frozen=True)
class Candidates:
    """What is tried beside the constant baseline; the family follows from the target.

    Attributes:
        linear: Grid of elastic nets.
        boosting: Grid of gradient boosted trees.
        plugged: Estimators from elsewhere.
    """

    linear: LinearGrid
    boosting: BoostingGrid
    plugged: tuple[PluggedFamily, ...] = ()

    def __post_init__(self) -> None:
        paths = [one.family for one in self.plugged]
        if len(set(paths)) < len(paths):
            raise ValueError(f"candidates.plugged names a family twice: {', '.join(paths)}")

    def grid_of(self, family: str) -> dict[str, tuple[float, ...]]:
        """Gives the grid of a family: of the constant none.

        Raises:
            KeyError: If there is no such family.
        """
        if is_plugged(family):
            return {one.family: one.grid for one in self.plugged}[family]
        return {} if family == "constant" else asdict(getattr(self, family))


@dataclass(frozen=True)
class Selection:
    """How the best point of a grid is found.

    Attributes:
        method: cross_validation or validation_split.
        folds: Folds of the cross-validation.
        holdout_share: Share of the rows that the validation split holds back.
        holdout_by: random (some customers) or time (the newest rows).
    """

    method: str
    folds: int = field(default=5, metadata={"minimum": 2})
    holdout_share: float = field(default=0.3, metadata={"minimum": 0.05, "maximum": 0.95})
    holdout_by: str = "random"

    def __post_init__(self) -> None:
        check_bounds(self)
        for value, allowed in ((self.method, METHODS), (self.holdout_by, HOLDOUTS)):
            if value not in allowed:
                raise ValueError(f"unknown selection {value}; allowed are {', '.join(allowed)}")


@dataclass(frozen=True)
class Screening:
    """Which features are worth a place in a model.

    Attributes:
        maximum_missing_share: A feature that is missing in more rows is dropped.
        chance: Probability that a feature without any bearing on the target is kept.
    """

    maximum_missing_share: float = field(default=0.98, metadata={"minimum": 0.0, "maximum": 1.0})
    chance: float = field(default=0.01, metadata={"minimum": 0.0, "maximum": 1.0})

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class DriftLimits:
    """From when on a feature of the rows that are scored is another one than in training.

    Attributes:
        moved_index: Population stability index from which a feature has moved.
        drifted_index: Population stability index from which a feature has drifted.
        moved_missing_difference: Change of the missing share from which a feature has moved.
        drifted_missing_difference: Change of the missing share from which a feature has drifted.
        chance: Probability that a feature of unchanged rows counts as moved because they are few.
    """

    moved_index: float = field(default=0.1, metadata={"minimum": 0.0})
    drifted_index: float = field(default=0.25, metadata={"minimum": 0.0})
    moved_missing_difference: float = field(default=0.05, metadata={"minimum": 0.0, "maximum": 1.0})
    drifted_missing_difference: float = field(
        default=0.2, metadata={"minimum": 0.0, "maximum": 1.0}
    )
    chance: float = field(default=0.001, metadata={"minimum": 0.0, "maximum": 1.0})

    def __post_init__(self) -> None:
        check_bounds(self)
        for name in ("index", "missing_difference"):
            if getattr(self, f"moved_{name}") > getattr(self, f"drifted_{name}"):
                raise ValueError(f"moved_{name} is above drifted_{name}; what drifts has moved")


@dataclass(frozen=True)
class ModelSpecification:
    """What a model is for, what it has to reach, what is tried and when it is trained again.

    Attributes:
        objective: What is predicted, in a sentence.
        decision: What somebody does differently because of it.
        success_criteria: What a version has to reach before it may score.
        candidates: What is tried.
        selection: How the best point of a grid is found.
        cadence: When to train anew: always, every n days (of the data, not of the clock), on drift
            (a feature has drifted and training anew would lessen that), or both of the latter:
            every n days | on drift.
        excluded_features: Columns of the feature table that are not to be learned from.
        screening: Which features are kept.
        drift: From when on a feature has moved or drifted.
        drift_ignored_features: Features whose drift is measured, but neither reported nor a reason
            to train: in a growing service some grow by nature, such as tenure.
        slices: Columns by whose values the evaluation is repeated; a number is cut at edges, as in
            tenure_days:30:90.
        minimum_slice_rows: A slice with fewer rows, or fewer of either outcome than
            `minimum_outcomes`, gets its row count but no figures.
        minimum_outcomes: Rows of each outcome that training and testing need; below it the
            baseline scores.
        bootstrap_resamples: Resamples of the customers behind each interval.
        seed: Seed of every random choice.
    """

    objective: str
    decision: str
    success_criteria: SuccessCriteria
    candidates: Candidates
    selection: Selection
    cadence: str
    excluded_features: tuple[str, ...] = ()
    screening: Screening = field(default_factory=Screening)
    drift: DriftLimits = field(default_factory=DriftLimits)
    drift_ignored_features: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    minimum_slice_rows: int = field(default=100, metadata={"minimum": 1})
    minimum_outcomes: int = field(default=20, metadata={"minimum": 2})
    bootstrap_resamples: int = field(default=200, metadata={"minimum": 1})
    seed: int = field(default=7, metadata={"minimum": 0})

    def __post_init__(self) -> None:
        check_bounds(self)
        if not _CADENCE.fullmatch(self.cadence):
            raise ValueError(
                f"cadence is {self.cadence!r}; allowed are always, every n days, on drift and "
                "every n days | on drift"
            )

    @property
    def cadence_days(self) -> int | None:
        """Days of data between two trainings; 0 if every build trains, None if no day is due."""
        found = _CADENCE.fullmatch(self.cadence)
        if found and found["days"]:
            return int(found["days"])
        return 0 if self.cadence == "always" else None

    @property
    def trains_on_drift(self) -> bool:
        """True if drift is a reason to train."""
        return self.cadence.endswith("on drift")

    @property
    def families(self) -> tuple[str, ...]:
        """All that is trained, the constant baseline first."""
        return (*FAMILIES, *(one.family for one in self.candidates.plugged))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "ModelSpecification":
        """Builds a specification from a mapping, such as the `config.meta` of a dbt model.

        Args:
            mapping: Settings; values may be strings, lists may be comma-separated strings.

        Raises:
            ValueError: If an entry lacks (objective, decision, success_criteria with technical
                and business, candidates, selection, cadence), is empty or unknown, or does not fit.
        """
        _require(mapping, cls, "")
        criteria = _mapping(mapping, "success_criteria")
        _require(criteria, SuccessCriteria, "success_criteria.")
        for name in ("technical", "business"):
            _require(
                _mapping(criteria, name, "success_criteria."),
                Criterion,
                f"success_criteria.{name}.",
            )
        _require(_mapping(mapping, "candidates"), Candidates, "candidates.", may_be_empty=True)
        _require(_mapping(mapping, "selection"), Selection, "selection.")
        return settings_from_mapping(cls, mapping)

    def canonical(self, family: str) -> str:
        """Writes what a trained candidate depends on as canonical JSON.

        What is said about the model (objective, decision), its criteria, its cadence, limits of
        drift and how it is evaluated stay out: they make no other model.

        Args:
            family: constant, linear, boosting or a dotted path; of that the code counts too.

        Raises:
            ValueError: If there is nothing at the dotted path.
        """
        code = {"code": code_version([source_of(family)])} if is_plugged(family) else {}
        return canonical_json(
            {
                **code,
                "family": family,
                "grid": self.candidates.grid_of(family),
                "selection": asdict(self.selection),
                "screening": asdict(self.screening),
                "excluded_features": sorted(self.excluded_features),
                "minimum_outcomes": self.minimum_outcomes,
                "seed": self.seed,
            }
        )


def _mapping(mapping: Mapping[str, Any], name: str, path: str = "") -> Mapping[str, Any]:
    found = mapping[name]
    if not isinstance(found, Mapping):
        raise ValueError(f"setting {path}{name} must be a mapping, not {found!r}")
    return found


def _require(
    mapping: Mapping[str, Any], settings_class: type, path: str, may_be_empty: bool = False
) -> None:
    for entry in fields(settings_class):
        is_required = entry.default is MISSING and entry.default_factory is MISSING
        value = mapping.get(entry.name)
        is_lacking = value is None or (not may_be_empty and value in ("", {}, []))
        if is_required and is_lacking:
            raise ValueError(
                f"the specification lacks {path}{entry.name}; "
                "write it under config.meta.specification of the model"
            )
