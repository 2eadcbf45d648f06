"""What every specification says besides its settings: when to train, and what has to be reached."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

from marquee.ml.intervals import Estimate
from marquee.ml.settings import settings_from_mapping
from marquee.ml.tabular.specification import SuccessCriteria

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Specification = TypeVar("Specification", bound="DataclassInstance")
_CADENCE = re.compile("every ([1-9][0-9]*) days?")


def cadence_days(cadence: str) -> int:
    """Gives the days of data between two trainings; 0 for always.

    Raises:
        ValueError: If it is neither always nor every n days.
    """
    if cadence == "always":
        return 0
    found = _CADENCE.fullmatch(cadence)
    if not found:
        raise ValueError(f"cadence is {cadence!r}; allowed are always and every n days")
    return int(found[1])


def planned_settings(
    settings_class: type[Specification], mapping: Mapping[str, Any]
) -> Specification:
    """Builds a specification that has to say what it is for and what success is.

    Args:
        settings_class: Frozen dataclass with the field success_criteria; fields without a default
            must be given.
        mapping: Settings; values may be strings, lists may be comma-separated strings.

    Raises:
        ValueError: If an entry lacks, is empty or unknown, or does not fit.
    """
    required = [entry.name for entry in fields(settings_class) if entry.default is MISSING]
    _require(mapping, required, "")
    criteria = mapping["success_criteria"]
    for name in ("technical", "business"):
        _require(criteria, [name], "success_criteria.")
        _require(criteria[name], ["metric", "minimum"], f"success_criteria.{name}.")
    return settings_from_mapping(settings_class, mapping)


def success_estimates(found: Sequence[Estimate], criteria: SuccessCriteria) -> Iterator[Estimate]:
    """Holds figures against what has to be reached.

    Args:
        found: The figures of a version.
        criteria: What has to be reached.

    Yields:
        technical_criterion and business_criterion: the figure, the least as its baseline, and the
        difference, below 0 where it is missed.

    Raises:
        ValueError: If a criterion asks for a figure that there is not.
    """
    by_name = {figures.metric: figures for figures in found}
    for kind, asked in (("technical", criteria.technical), ("business", criteria.business)):
        if asked.metric not in by_name:
            raise ValueError(
                f"the {kind} criterion asks for {asked.metric}; "
                f"there are {', '.join(sorted(by_name))}"
            )
        own = by_name[asked.metric]
        value = own.value or 0.0
        yield Estimate(
            f"{kind}_criterion",
            own.customer_count,
            value,
            baseline_value=asked.minimum,
            difference=value - asked.minimum,
        )


def _require(mapping: Any, names: list[str], path: str) -> None:
    if not isinstance(mapping, Mapping):
        raise ValueError(f"setting {path.rstrip('.')} must be a mapping, not {mapping!r}")
    for name in names:
        if mapping.get(name) in (None, "", [], {}):
            raise ValueError(
                f"the specification lacks {path}{name}; "
                "write it under config.meta.specification of the model"
            )
