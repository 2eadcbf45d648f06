"""Completion rates by creative and break, and by segment: a table as an estimator.

Each rate is drawn towards the coarser one above it, as if so many more impressions had been seen
with that: the same arithmetic as the expected rates of `ad_break_responses`. Both plug in as any
estimator from elsewhere does (docs/estimators.md).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marquee.ml.tabular.artifacts import number_text
from marquee.ml.tabular.features import Features, FloatArray, IntArray
from marquee.ml.tabular.targets import Target

BY_CREATIVE = (("break_type",), ("creative_id", "break_type"))
BY_SEGMENT = (*BY_CREATIVE, ("creative_id", "break_type", "taste_segment"))
_LEVELS = "levels"
_OVERALL = "overall"


@dataclass(frozen=True, eq=False)
class RateTable:
    """Log-odds by the values of some features, the coarsest level first.

    Attributes:
        levels: Features of each level.
        overall: Log-odds of all rows, where no level knows the values.
        log_odds: By the values of each level's features.
    """

    levels: tuple[tuple[str, ...], ...]
    overall: float
    log_odds: tuple[Mapping[tuple[str, ...], float], ...]

    def margins(self, features: Features) -> FloatArray:
        """Gives the log-odds of the finest level that knows a row's values, shape (rows,)."""
        found = np.full(features.row_count, self.overall)
        for level, known in zip(self.levels, self.log_odds, strict=True):
            keys, places = _cells(features, level)
            values = np.array([known.get(key, np.nan) for key in keys])[places]
            found = np.where(np.isnan(values), found, values)
        return found

    def parameters(self) -> Mapping[str, str]:
        """Gives one text a cell, named by its values as JSON."""
        cells = {
            json.dumps(list(key)): number_text(value)
            for known in self.log_odds
            for key, value in known.items()
        }
        return {
            _LEVELS: json.dumps([list(level) for level in self.levels]),
            _OVERALL: number_text(self.overall),
            **cells,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> "RateTable":
        """Reads what `parameters` gave."""
        levels = tuple(tuple(level) for level in json.loads(parameters[_LEVELS]))
        cells = {
            tuple(json.loads(name)): float(text)
            for name, text in parameters.items()
            if name.startswith("[")
        }
        by_length = [
            {key: value for key, value in cells.items() if len(key) == len(level)}
            for level in levels
        ]
        return cls(levels, float(parameters[_OVERALL]), tuple(by_length))


def creative_break_rates(
    features: Features, target: Target, settings: Mapping[str, float], seed: int
) -> RateTable:
    """Fits the rate of each creative in each break: what one knows without a model."""
    return _fit(features, target, BY_CREATIVE, settings["prior_impressions"], seed)


def segment_rates(
    features: Features, target: Target, settings: Mapping[str, float], seed: int
) -> RateTable:
    """Fits the rate of each creative in each break and segment of taste."""
    return _fit(features, target, BY_SEGMENT, settings["prior_impressions"], seed)


def _fit(
    features: Features,
    target: Target,
    levels: Sequence[tuple[str, ...]],
    prior: float,
    seed: int,  # noqa: ARG001 - there is nothing to draw
) -> RateTable:
    # Half a row each way: a rate of 0 or 1 has no finite log-odds.
    overall = (target.values.sum() + 0.5) / (len(target.values) + 1.0)
    own = tuple(level for level in levels if set(level) <= set(features.categories))
    coarser = np.full(features.row_count, overall)
    tables = []
    for level in own:
        keys, places = _cells(features, level)
        counts = np.bincount(places, minlength=len(keys))
        ones = np.bincount(places, weights=target.values, minlength=len(keys))
        above = np.bincount(places, weights=coarser, minlength=len(keys)) / counts
        rates = (ones + prior * above) / (counts + prior)
        coarser = rates[places]
        tables.append(dict(zip(keys, _log_odds(rates).tolist(), strict=True)))
    return RateTable(own, float(_log_odds(overall)), tuple(tables))


def _log_odds(rates: FloatArray | float) -> FloatArray:
    return np.asarray(np.log(rates) - np.log1p(-np.asarray(rates)))


def _cells(features: Features, level: tuple[str, ...]) -> tuple[list[tuple[str, ...]], IntArray]:
    """Gives the combinations of values in sorted order, and which one each row has."""
    names, places = [], np.zeros(features.row_count, dtype=np.int64)
    for name in level:
        values, own = np.unique(features.categories[name], return_inverse=True)
        names.append(values)
        places = places * len(values) + own
    found, inverse = np.unique(places, return_inverse=True)
    keys = np.unravel_index(found, [len(values) for values in names])
    texts = [values[own].tolist() for values, own in zip(names, keys, strict=True)]
    return list(zip(*texts, strict=True)), inverse
