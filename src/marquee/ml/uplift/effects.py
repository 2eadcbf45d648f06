"""How far an offer moves the log-odds of leaving, learned from offers that chance gave.

The target is a transformed outcome (Athey and Imbens 2016, doi:10.1073/pnas.1510489113): what a
customer did beyond the risk that was known before, divided by the known probability of the group.
Its mean is the effect itself, without bias whatever the risk model is worth, so one plain
regression of it does. Two separate models of offered and held out would each learn the risk, which
is ten times the effect, and a few thousand offers leave nothing but noise in their difference.

The effect is measured in log-odds, to first order, relative to the risk: where nothing tells
customers apart, the regression is a constant, and the order is that of risk, as it was before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from marquee.ml.tabular.calibration import UNCALIBRATED, Calibration, fit_calibration
from marquee.ml.tabular.elastic_net import Penalty, fit_elastic_net, sigmoid
from marquee.ml.tabular.features import BoolArray, Features, FloatArray, IntArray
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.specification import Candidates, LinearGrid, ModelSpecification, Screening
from marquee.ml.tabular.targets import BINARY, NUMERIC, Target
from marquee.ml.tabular.training import TrainingRows, train_candidates

CONSTANT, LINEAR = "constant", "linear"
# The risk only takes away noise: one point does, and needs no folds inside folds.
_RISK_GRID = LinearGrid(penalty=(0.003,), l1_share=(0.5,))
# Variance of an outcome; a risk of nearly 0 or 1 would be divided by nearly nothing.
_LEAST_VARIANCE = 0.02
_LEAST_SHARE = 0.05
# Against a target that is mostly chance, screening one feature at a time finds how its noise
# varies with the risk instead of the effect. The penalty decides instead.
_KEEP_ALL = Screening(chance=1.0)


@dataclass(frozen=True, eq=False)
class Offers:
    """Offers with what was known before them, in the order of their ids.

    Attributes:
        features: What the effect may depend on.
        risk_log_odds: Log-odds of leaving by a model that has not seen the customer, (rows,).
        is_treated: Whether chance gave the offer, shape (rows,).
        treatment_probability: How probable that was, above 0 and below 1, shape (rows,).
        churned: 1 for those who left within the horizon, shape (rows,).
        groups: Position of each row's customer, shape (rows,).
    """

    features: Features
    risk_log_odds: FloatArray
    is_treated: BoolArray
    treatment_probability: FloatArray
    churned: FloatArray
    groups: IntArray

    def __len__(self) -> int:
        return len(self.churned)

    def take(self, rows: BoolArray) -> "Offers":
        """Picks rows by a mask."""
        return Offers(
            self.features.take(rows),
            self.risk_log_odds[rows],
            self.is_treated[rows],
            self.treatment_probability[rows],
            self.churned[rows],
            self.groups[rows],
        )


@dataclass(frozen=True, eq=False)
class EffectModel:
    """What offers taught.

    Attributes:
        effect: From features to what an offer adds to the log-odds of leaving.
        resampled: Coefficients of the effect, intercept first, of as many resamples of customers,
            shape (resamples, 1 + columns).
        calibration: From the log-odds of the risk model to those of customers with offers, whom
            somebody chose for a risk that the model may not see.
    """

    effect: FittedModel
    resampled: FloatArray
    calibration: Calibration = UNCALIBRATED

    def log_odds_effects(self, features: Features) -> FloatArray:
        """Gives what an offer adds to the log-odds, below 0 where it keeps, shape (rows,)."""
        return self.effect.predict(features)[:, 0]

    def least_effects(self, features: Features) -> FloatArray:
        """Gives the lower end of the one-sided 95 % interval of these effects, shape (rows,)."""
        columns = self.effect.encoding.standardised(features)
        found = np.empty((len(self.resampled), features.row_count))
        for resample, own in enumerate(self.resampled):
            found[resample] = (columns * own[1:]).sum(axis=1) + own[0]
        return np.asarray(np.quantile(found, _LEAST_SHARE, axis=0))


def fit_risk(rows: TrainingRows, specification: ModelSpecification) -> FittedModel:
    """Fits who leaves, offers or not, on at least one labelled row.

    Args:
        rows: Labelled snapshots.
        specification: Settings; the grid of its candidates is that of effects and stays unused.
    """
    both = 0 < rows.target.values.sum() < len(rows.target.values)
    family = LINEAR if both else CONSTANT
    own = replace(
        specification, candidates=Candidates(_RISK_GRID, specification.candidates.boosting)
    )
    return train_candidates(rows, [family], own, folds=[])[family].model


def fit_effects(offers: Offers, specification: ModelSpecification) -> EffectModel:
    """Fits how far an offer moves the log-odds of leaving.

    Args:
        offers: Offers with outcomes, at least one.
        specification: Settings. With fewer than `minimum_outcomes` leavers or stayers among either
            those with the offer or those held out, the effect is the same for everybody: 0.
    """
    if not _is_enough(offers, specification.minimum_outcomes):
        nothing = Target(NUMERIC, (), np.zeros(1))
        rows = _rows(offers.features.take(slice(0, 1)), nothing, offers.groups[:1])
        model = train_candidates(rows, [CONSTANT], specification, [])[CONSTANT].model
        return EffectModel(model, np.zeros((1, 1)))
    outcome = Target(BINARY, ("false", "true"), offers.churned)
    calibration = fit_calibration(offers.risk_log_odds, outcome)
    target = Target(NUMERIC, (), _transformed(offers, calibration.apply(offers.risk_log_odds)))
    own = replace(specification, screening=_KEEP_ALL)
    rows = _rows(offers.features, target, offers.groups)
    trained = train_candidates(rows, [LINEAR], own)[LINEAR]
    penalty = Penalty(trained.point["penalty"], trained.point["l1_share"])
    resampled = _resampled(trained.model, rows, penalty, specification)
    return EffectModel(trained.model, resampled, calibration)


def reductions(log_odds: FloatArray, effects: FloatArray) -> FloatArray:
    """Gives by how much an offer lowers the probability of leaving, below 0 where it raises it.

    Args:
        log_odds: Log-odds of leaving without an offer, shape (rows,).
        effects: What an offer adds to them, shape (rows,).
    """
    return sigmoid(log_odds) - sigmoid(log_odds + effects)


def customer_folds(groups: Sequence[int] | IntArray, folds: int, seed: int) -> IntArray:
    """Gives each row a fold by chance, the same for all rows of a customer, shape (rows,)."""
    own = np.asarray(groups, dtype=np.int64)
    if not len(own):
        return own
    return (np.random.default_rng(seed).permutation(int(own.max()) + 1) % folds)[own]


def _resampled(
    model: FittedModel, rows: TrainingRows, penalty: Penalty, specification: ModelSpecification
) -> FloatArray:
    """Fits the chosen point again to customers drawn with repeats."""
    matrix = model.encoding.standardised(rows.features)
    order = np.argsort(rows.groups, kind="stable")
    starts = np.searchsorted(rows.groups[order], np.arange(int(rows.groups.max()) + 2))
    generator = np.random.default_rng(specification.seed)
    found = np.empty((specification.bootstrap_resamples, matrix.shape[1] + 1))
    for resample in range(len(found)):
        drawn = generator.integers(len(starts) - 1, size=len(starts) - 1)
        own = np.concatenate([order[starts[one] : starts[one + 1]] for one in drawn.tolist()])
        found[resample] = fit_elastic_net(matrix[own], rows.target.take(own), penalty)[0]
    return found


def _transformed(offers: Offers, log_odds: FloatArray) -> FloatArray:
    risk = sigmoid(log_odds)
    share = offers.treatment_probability
    surplus = (offers.churned - risk) / np.maximum(risk * (1.0 - risk), _LEAST_VARIANCE)
    return surplus * (offers.is_treated - share) / (share * (1.0 - share))


def _is_enough(offers: Offers, minimum: int) -> bool:
    return all(
        minimum <= offers.churned[rows].sum() <= rows.sum() - minimum
        for rows in (offers.is_treated, ~offers.is_treated)
    )


def _rows(features: Features, target: Target, groups: IntArray) -> TrainingRows:
    # Offers are folded by customer, so the days are not asked for.
    positions = np.unique(groups, return_inverse=True)[1]
    days = np.zeros(len(groups), dtype=np.int64)
    return TrainingRows(features, target, positions, days, days)
