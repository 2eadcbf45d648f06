"""A survival model as a candidate: everybody leaves at a constant rate that the features scale.

Who is left with the rate h is gone within the horizon with probability 1 - exp(-h), and log h is
linear in the features (the complementary log-log link; Prentice and Gloeckler 1978,
doi:10.2307/2529588). The coefficients are the mode under a normal prior, found by Newton's method.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from marquee.ml.tabular.features import Features
from marquee.ml.tabular.targets import Target

Floats = npt.NDArray[np.float64]

STEPS = 60
# Beyond it exp(-h) is 0 or 1 to the last bit.
LARGEST_LOG_HAZARD = 3.0
LEAST_LOG_HAZARD = -30.0


@dataclass(frozen=True)
class Term:
    """One column of the design: a number, standardised, or whether a text is a category."""

    feature: str
    category: str | None
    centre: float
    scale: float

    def of(self, features: Features) -> Floats:
        """Gives its values, shape (rows,); a missing number counts as the mean."""
        if self.category is not None:
            values = np.asarray(
                features.categories[self.feature] == self.category, dtype=np.float64
            )
        else:
            known = features.numbers[self.feature]
            values = np.where(np.isnan(known), self.centre, known)
        return np.asarray((values - self.centre) / self.scale)


@dataclass(frozen=True)
class HazardModel:
    """What marquee asks of a fitted model: margins, parameters, from_parameters."""

    terms: tuple[Term, ...]
    coefficients: tuple[float, ...]
    """The intercept first."""

    def margins(self, features: Features) -> Floats:
        """Gives the log-odds of leaving, shape (rows,), each row for itself."""
        log_hazard = np.full(features.row_count, self.coefficients[0])
        # One term after the other: a matrix product depends on how many rows there are.
        for term, coefficient in zip(self.terms, self.coefficients[1:], strict=True):
            log_hazard = log_hazard + coefficient * term.of(features)
        hazard = np.exp(np.clip(log_hazard, LEAST_LOG_HAZARD, LARGEST_LOG_HAZARD))
        return np.asarray(np.log(np.expm1(hazard)))

    def parameters(self) -> Mapping[str, str]:
        """Gives one text a term; `repr` of a float gives the same bits again."""
        found = {"intercept": repr(self.coefficients[0])}
        for place, (term, value) in enumerate(zip(self.terms, self.coefficients[1:], strict=True)):
            found[f"term {place:04d}"] = json.dumps(
                [term.feature, term.category, repr(term.centre), repr(term.scale), repr(value)]
            )
        return found

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> Self:
        """Reads what `parameters` gave."""
        rows = [json.loads(parameters[name]) for name in sorted(parameters) if name != "intercept"]
        terms = tuple(Term(own[0], own[1], float(own[2]), float(own[3])) for own in rows)
        return cls(terms, (float(parameters["intercept"]), *(float(own[4]) for own in rows)))


def fit(
    features: Features,
    target: Target,
    settings: Mapping[str, float],
    seed: int,  # noqa: ARG001 - nothing is drawn
) -> HazardModel:
    """Fits by the rows of one training; `settings` has `prior_deviation` of the coefficients."""
    terms = tuple(_terms(features))
    design = np.column_stack([np.ones(features.row_count), *(term.of(features) for term in terms)])
    precision = np.full(design.shape[1], settings["prior_deviation"] ** -2)
    precision[0] = 1e-6
    rate = (target.values.sum() + 0.5) / (len(target.values) + 1.0)
    found = np.zeros(design.shape[1])
    found[0] = np.log(-np.log1p(-rate))
    for _ in range(STEPS):
        log_hazard = np.clip(design @ found, LEAST_LOG_HAZARD, LARGEST_LOG_HAZARD)
        hazard = np.exp(log_hazard)
        stays = np.exp(-hazard)
        # Of a leaver h / (exp(h) - 1), of a stayer -h: the slope of the log-likelihood.
        slope = np.where(target.values == 1.0, hazard * stays / -np.expm1(-hazard), -hazard)
        weight = hazard**2 * stays / -np.expm1(-hazard)
        curvature = (design * weight[:, None]).T @ design + np.diag(precision)
        step = np.linalg.solve(curvature, design.T @ slope - precision * found)
        found = found + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-10:
            break
    return HazardModel(terms, tuple(found.tolist()))


def _terms(features: Features) -> list[Term]:
    terms = []
    for name in features.names:
        if name in features.numbers:
            known = features.numbers[name][~np.isnan(features.numbers[name])]
            if len(known) and known.min() < known.max():
                terms.append(Term(name, None, float(known.mean()), float(known.std())))
            continue
        values, counts = np.unique(features.categories[name], return_counts=True)
        # The most frequent category is what the others are compared with.
        usual = values[counts.argmax()]
        terms += [
            Term(name, str(value), 0.0, 1.0)
            for value, count in zip(values, counts, strict=True)
            if value != usual and count >= 10
        ]
    return terms
