"""Ads are drawn with the logged odds, and answered by the known logit."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.synthetic import SyntheticConfiguration
from marquee.synthetic.advertising import CANDIDATES, MID_ROLL, PROBABILITY_DIGITS
from marquee.synthetic.generation import make_world
from marquee.synthetic.truth import World


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SyntheticConfiguration(scale=0.05, seed=9))


def test_propensities_weigh_what_was_shown_to_what_was_in_question(world: World) -> None:
    impressions = world.activity.impressions
    probability = impressions.probability / 10**PROBABILITY_DIGITS
    assert 0 < probability.min() < 1 / CANDIDATES < probability.max() < 1
    # Each creative was in question in a known share of all draws: weighted by the inverse of the
    # odds it must have been shown as often as all the others.
    weight = np.bincount(impressions.creative, 1 / probability, len(world.activity.creatives))
    shown = np.bincount(impressions.creative, minlength=len(world.activity.creatives))
    assert weight.std() / weight.mean() < 0.5 * shown.std() / shown.mean()
    expected = len(impressions) * CANDIDATES / len(weight)
    assert abs(weight.mean() / expected - 1) < 0.05


def test_completions_follow_the_known_probability(world: World) -> None:
    impressions = world.activity.impressions
    edges = np.quantile(impressions.completion, np.linspace(0, 1, 9))
    place = np.clip(np.searchsorted(edges, impressions.completion) - 1, 0, 7)
    for each in range(8):
        chosen = place == each
        error = impressions.is_completed[chosen].mean() - impressions.completion[chosen].mean()
        assert abs(error) < 4 * np.sqrt(0.25 / chosen.sum())
    first = impressions.pod_position == 1
    assert impressions.is_completed[first].mean() > impressions.is_completed[~first].mean()
    assert not (impressions.is_completed & impressions.is_skipped).any()


def test_only_plans_with_ads_show_them_and_a_position_stands_still(world: World) -> None:
    impressions, plays = world.activity.impressions, world.activity.plays
    assert 0.2 < len(np.unique(impressions.play)) / len(plays) < 0.6
    mid = impressions.break_type == MID_ROLL
    assert (plays.playing_ms[impressions.play[mid]] > 1_000_000).all()
    start = world.activity.break_at[mid]
    assert (start > world.activity.played_at[impressions.play[mid]]).all()
