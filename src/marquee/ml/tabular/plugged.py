"""Estimators from elsewhere: any function that fits, named by its dotted path in the specification.

What such a function gets and gives back is the contract of docs/estimators.md. Everything that can
be wrong with it is said here, before it is evaluated: a module that is missing, margins of another
shape, parameters that differ from fit to fit or that give other margins when they are read again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from marquee.ml.tabular.encoding import CATEGORY, VALUE, EncodedColumn, Encoding
from marquee.ml.tabular.features import Features, FloatArray
from marquee.ml.tabular.targets import MULTICLASS, Target

_SHOWN_PARAMETERS = 5


class FittedPlugin(Protocol):
    """What a function of another team gives back."""

    def margins(self, features: Features) -> FloatArray:
        """Gives the log-odds of true, or the number, shape (rows,), each row for itself."""

    def parameters(self) -> Mapping[str, str]:
        """Gives all that `margins` needs as texts by name: what the registry keeps."""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> "FittedPlugin":
        """Gives what has these parameters: the same margins to the bit."""


Fit = Callable[[Features, Target, Mapping[str, float], int], FittedPlugin]


@dataclass(frozen=True)
class PluggedEstimator:
    """An estimator of another team, as it can be kept: where its class is, and its parameters.

    Attributes:
        family: Dotted path of the function that fitted it.
        class_path: Dotted path of the class that reads its parameters.
        texts: Its parameters, name and text, sorted.
    """

    family: str
    class_path: str
    texts: tuple[tuple[str, str], ...]

    @cached_property
    def _fitted(self) -> FittedPlugin:
        found: FittedPlugin = load(self.class_path).from_parameters(dict(self.texts))
        return found

    def margins(self, encoding: Encoding, features: Features) -> FloatArray:
        """Gives margins, shape (rows, 1)."""
        return _checked(self._fitted.margins(_own(encoding, features)), features, self.family)

    def contributions(self, encoding: Encoding, features: Features) -> tuple[FloatArray, float]:
        """Gives what each feature changes on the way from the typical row to the row.

        Features take their values one after the other, once in the order of their names and once
        against it; the mean of both adds up to the margin exactly as a path does. Typical are the
        median and the most frequent category of the training rows.
        """
        names = encoding.features
        found = np.zeros((features.row_count, len(names)))
        if not features.row_count:
            return found, 0.0
        typical = _typical(encoding, features)
        base = float(self.margins(encoding, typical.take(slice(1)))[0, 0])
        for order in (range(len(names)), reversed(range(len(names)))):
            row, reached = typical, np.full(features.row_count, base)
            for place in order:
                row = _with(row, features, names[place])
                margins = self.margins(encoding, row)[:, 0]
                found[:, place] += (margins - reached) / 2.0
                reached = margins
        return found, base

    def contributing(self, encoding: Encoding) -> tuple[EncodedColumn, ...]:
        """Names one column of each feature."""
        first = {column.feature: column for column in reversed(encoding.columns)}
        return tuple(first[name] for name in encoding.features)

    def importances(self) -> FloatArray:
        """Gives nothing: the contract does not ask for it."""
        return np.zeros(0)


def is_plugged(family: str) -> bool:
    """Tells whether a family is a dotted path."""
    return ":" in family


def load(path: str) -> Any:
    """Imports what a dotted path, module:name, names.

    Raises:
        ValueError: If there is no such module or name.
    """
    module_name, _, name = path.partition(":")
    try:
        found: Any = import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{path} is not to be found ({error}): install its package beside marquee, or correct "
            "candidates.plugged under config.meta.specification of the model"
        ) from error
    return found


def source_of(path: str) -> Path:
    """Gives the source file of the module of a dotted path: a part of what makes a version."""
    load(path)
    return Path(str(import_module(path.partition(":")[0]).__file__))


def fit_plugged(
    features: Features,
    encoding: Encoding,
    target: Target,
    family: str,
    settings: Mapping[str, float],
    seed: int,
) -> PluggedEstimator:
    """Fits by the function of a dotted path, and turns what it gives into parameters.

    Args:
        features: Training rows, at least one.
        encoding: Of all features; those without a column in it the function does not see.
        target: What to predict: two classes or a number.
        family: Dotted path.
        settings: A point of its grid.
        seed: Seed.

    Raises:
        ValueError: If there is no such function, the target has several classes, or what it gives
            breaks the contract.
    """
    if target.kind == MULTICLASS:
        raise ValueError(f"{family} can't be tried: targets of several classes take no plugged one")
    fitted = load(family)(_own(encoding, features), target, dict(settings), seed)
    kind = type(fitted)
    lacking = [
        name for name in ("margins", "parameters", "from_parameters") if not hasattr(fitted, name)
    ]
    if lacking:
        raise ValueError(f"what {family} gives has no {', '.join(lacking)}: see docs/estimators.md")
    parameters = fitted.parameters()
    wrong = sorted(name for name, text in parameters.items() if not isinstance(text, str))
    if wrong:
        raise ValueError(f"parameters of {family} are texts; {', '.join(wrong)} is none")
    path = f"{kind.__module__}:{kind.__qualname__}"
    return PluggedEstimator(family, path, tuple(sorted(parameters.items())))


def check_plugged(
    found: PluggedEstimator,
    features: Features,
    encoding: Encoding,
    target: Target,
    settings: Mapping[str, float],
    seed: int,
) -> None:
    """Fits once more: equal rows in an equal order have to give equal parameters and margins.

    Raises:
        ValueError: If they don't.
    """
    again = fit_plugged(features, encoding, target, found.family, settings, seed)
    if again.texts != found.texts:
        before, after = dict(found.texts), dict(again.texts)
        names = [name for name in sorted(before | after) if before.get(name) != after.get(name)][
            :_SHOWN_PARAMETERS
        ]
        raise ValueError(
            f"{found.family} gave other parameters for the same rows and seed "
            f"({', '.join(names)}): take every random number from the seed, and fix the threads"
        )
    own = _own(encoding, features)
    fitted = load(found.family)(own, target, dict(settings), seed)
    if not np.array_equal(
        _checked(fitted.margins(own), features, found.family), found.margins(encoding, features)
    ):
        raise ValueError(
            f"{found.family} gives other margins once its parameters are read again: write numbers "
            "in digits that give the same bits, such as repr or float.hex does"
        )


def _checked(margins: Any, features: Features, family: str) -> FloatArray:
    found = np.asarray(margins, dtype=np.float64)
    if found.shape != (features.row_count,):
        raise ValueError(
            f"margins of {family} have the shape {found.shape}; of {features.row_count} rows it "
            f"has to be ({features.row_count},)"
        )
    if not np.isfinite(found).all():
        raise ValueError(
            f"{family} gives margins that are no finite numbers: NaN features are missing values"
        )
    return found[:, None]


def _own(encoding: Encoding, features: Features) -> Features:
    names = set(encoding.features)
    return Features(
        features.row_count,
        {name: values for name, values in features.numbers.items() if name in names},
        {name: values for name, values in features.categories.items() if name in names},
    )


def _typical(encoding: Encoding, features: Features) -> Features:
    numbers, categories = dict(features.numbers), dict(features.categories)
    for name in encoding.features:
        columns = [column for column in encoding.columns if column.feature == name]
        if name in numbers:
            median = next(column.median for column in columns if column.kind == VALUE)
            numbers[name] = np.full(features.row_count, median)
        else:
            # The centre of such a column is the share of its category.
            usual = max(
                (one for one in columns if one.kind == CATEGORY), key=lambda one: one.centre
            )
            categories[name] = np.full(features.row_count, usual.category)
    return Features(features.row_count, numbers, categories)


def _with(row: Features, features: Features, name: str) -> Features:
    """Gives rows with the values that a feature has elsewhere."""
    if name in features.numbers:
        return replace(row, numbers=row.numbers | {name: features.numbers[name]})
    return replace(row, categories=row.categories | {name: features.categories[name]})
