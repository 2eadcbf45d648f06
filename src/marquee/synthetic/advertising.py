"""Ads: which creative is shown in which break, by a lottery with known odds, and what follows.

An impression is completed with the probability `1 / (1 + exp(-x))`, where

    x = BASE + creative + break + segment and product category + POD (pod position - 1)

and clicked with another logit of the creative. Everybody who wants to learn what a creative does
has the logged probability with which it was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from marquee.synthetic import vocabulary
from marquee.synthetic.catalogue import numbered_ids
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.rows import Booleans, Floats, Integers, Rows, draw

BREAK_TYPES = ("pre_roll", "mid_roll", "post_roll")
PRE_ROLL, MID_ROLL, POST_ROLL = range(3)
AD_EVENT_TYPES = (
    "served", "first_quartile", "midpoint", "third_quartile", "complete", "skip", "click",
)  # fmt: skip
SERVED, FIRST_QUARTILE, MIDPOINT, THIRD_QUARTILE, COMPLETE, SKIP, CLICK = range(7)
BREAK_RATES = (0.45, 0.6, 0.12)
"""Share of plays with ads that have a pre-roll and a post-roll; of chances for a mid-roll."""
MID_ROLL_EVERY_MS = 1_500_000
POD_SHARES = (0.62, 0.28, 0.10)
CANDIDATES, SLATES = 4, 2_000
BASE, POD = 1.1, -0.35
BREAK_EFFECTS = (-0.5, 0.5, -1.0)
CLICK_BASE = -4.2
LOST_SHARE = 0.15
"""Of those not completed: nothing is heard any more, instead of a skip."""
PROBABILITY_DIGITS = 8


@dataclass(frozen=True)
class Creatives:
    """All creatives, one row a creative.

    Attributes:
        creative_id: Text.
        campaign: Number of the campaign.
        advertiser: Index into `vocabulary.ADVERTISERS`.
        number: Number in its campaign, from 1.
        duration_ms: Milliseconds.
        serving: What the ad server's softmax has for it.
        effect: In the logit of completing.
        click_effect: In the logit of clicking.
        segment_effect: Segments by advertisers, in the logit of completing.
    """

    creative_id: pa.Array
    campaign: Integers
    advertiser: Integers
    number: Integers
    duration_ms: Integers
    serving: Floats
    effect: Floats
    click_effect: Floats
    segment_effect: Floats

    def __len__(self) -> int:
        return len(self.campaign)


@dataclass(frozen=True)
class Impressions(Rows):
    """One row an impression, in order of break and pod position.

    Attributes:
        play: Number of the play.
        segment: Segment of its customer.
        break_type: Index into `BREAK_TYPES`.
        mid_roll: Row in `AdBreaks`, -1 for no mid-roll.
        pod_position: From 1.
        creative: Number of the creative.
        probability: With which it was chosen, in units of 10^-8.
        completion: The true probability of completing.
        is_completed: Whether it was.
        is_skipped: Whether it was skipped; if neither, the rest is silence.
        share: How much of it was shown.
        is_clicked: Whether it was clicked.
        offset_ms: Milliseconds from the start of the break.
    """

    play: Integers
    segment: Integers
    break_type: npt.NDArray[np.int8]
    mid_roll: Integers
    pod_position: Integers
    creative: Integers
    probability: Integers
    completion: Floats
    is_completed: Booleans
    is_skipped: Booleans
    share: Floats
    is_clicked: Booleans
    offset_ms: Integers


@dataclass(frozen=True)
class AdBreaks(Rows):
    """One row a mid-roll break, in order of play and time.

    Attributes:
        play: Number of the play.
        clock_ms: Reading of the play's clock at which it begins.
        shown_ms: How long it lasts.
    """

    play: Integers
    clock_ms: Integers
    shown_ms: Integers


def make_creatives(configuration: SyntheticConfiguration) -> Creatives:
    """Return the creatives of a world; campaigns have two or three."""
    random = configuration.random("creatives")
    campaign_count = 2 * len(vocabulary.ADVERTISERS)
    counts = random.integers(2, 4, campaign_count)
    campaign = np.repeat(np.arange(campaign_count), counts)
    count = len(campaign)
    number = np.arange(count) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    return Creatives(
        creative_id=numbered_ids("a", np.arange(count), 4),
        campaign=campaign,
        advertiser=campaign % len(vocabulary.ADVERTISERS),
        number=number,
        duration_ms=np.array([10_000, 15_000, 20_000, 30_000])[draw(
            random, (0.2, 0.3, 0.3, 0.2), count
        )],
        serving=random.normal(0, 0.8, count),
        effect=random.normal(0, 0.7, count),
        click_effect=random.normal(0, 0.5, count),
        segment_effect=random.normal(
            0, 0.6, (len(vocabulary.SEGMENTS), len(vocabulary.ADVERTISERS))
        ),
    )  # fmt: skip


def make_breaks(
    configuration: SyntheticConfiguration,
    creatives: Creatives,
    playing_ms: Integers,
    has_ads: Booleans,
    segment: Integers,
) -> tuple[AdBreaks, Impressions]:
    """Return the mid-roll breaks and all impressions.

    Args:
        configuration: The arguments.
        creatives: All creatives.
        playing_ms: Of each play.
        has_ads: Whether the plan of the customer of each play has ads.
        segment: Segment of the customer of each play.
    """
    random = configuration.random("ads")
    eligible = np.flatnonzero(has_ads & (playing_ms > 0))
    chances = np.maximum(playing_ms[eligible] - 60_000, 0) // MID_ROLL_EVERY_MS
    play = np.repeat(eligible, chances)
    number = np.arange(len(play)) - np.repeat(np.cumsum(chances) - chances, chances) + 1
    taken = random.random(len(play)) < BREAK_RATES[MID_ROLL]
    play, number = play[taken], number[taken]
    # Not to the minute, so that no break coincides with a heartbeat.
    clock = number * MID_ROLL_EVERY_MS + random.integers(-30_000, 30_000, len(play))

    others = [
        eligible[random.random(len(eligible)) < BREAK_RATES[kind]] for kind in (PRE_ROLL, POST_ROLL)
    ]
    sizes = [len(others[0]), len(play), len(others[1])]
    break_play = np.concatenate([others[0], play, others[1]])
    break_type = np.repeat(np.arange(3), sizes)
    mid_roll = np.full(len(break_play), -1)
    mid_roll[break_type == MID_ROLL] = np.arange(len(play))
    impressions = _impressions(random, creatives, break_play, break_type, mid_roll, segment)
    is_mid = impressions.mid_roll >= 0
    shown = _shown_ms(creatives, impressions)
    breaks = AdBreaks(
        play,
        clock,
        np.bincount(impressions.mid_roll[is_mid], shown[is_mid], len(play)).astype(np.int64),
    )
    return breaks, impressions


def probabilities(impressions: Impressions) -> pa.Array:
    """Return the logged probabilities as decimals."""
    unit = Decimal(1).scaleb(-PROBABILITY_DIGITS)
    known, places = np.unique(impressions.probability, return_inverse=True)
    values = pa.array([int(value) * unit for value in known], pa.decimal128(9, 8))
    return values.take(pa.array(places))


def _impressions(
    random: np.random.Generator,
    creatives: Creatives,
    break_play: Integers,
    break_type: Integers,
    mid_roll: Integers,
    segment_of_play: Integers,
) -> Impressions:
    sizes = 1 + draw(random, POD_SHARES, len(break_play))
    row = np.repeat(np.arange(len(break_play)), sizes)
    count = len(row)
    position = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    play, kind = break_play[row], break_type[row]
    segment = segment_of_play[play]

    # A few creatives are in question, and chance chooses among them.
    slates = np.argsort(random.random((SLATES, len(creatives))), axis=1)[:, :CANDIDATES]
    candidates = slates[random.integers(0, SLATES, count)]
    weight = np.exp(creatives.serving[candidates])
    odds = weight / weight.sum(axis=1, keepdims=True)
    chosen = (random.random(count)[:, None] >= np.cumsum(odds, axis=1)[:, :-1]).sum(axis=1)
    creative = candidates[np.arange(count), chosen]
    probability = np.rint(odds[np.arange(count), chosen] * 10**PROBABILITY_DIGITS)

    logit = (
        BASE
        + creatives.effect[creative]
        + np.array(BREAK_EFFECTS)[kind]
        + creatives.segment_effect[segment, creatives.advertiser[creative]]
        + POD * (position - 1)
    )
    completion = 1 / (1 + np.exp(-logit))
    is_completed = random.random(count) < completion
    is_skipped = ~is_completed & (random.random(count) >= LOST_SHARE)
    share = np.where(is_completed, 1, random.uniform(0.05, 0.98, count))
    click = 1 / (1 + np.exp(-CLICK_BASE - creatives.click_effect[creative]))
    shown = np.rint(share * creatives.duration_ms[creative]).astype(np.int64)
    ends = np.cumsum(shown)
    first = np.flatnonzero(position == 1)
    return Impressions(
        play=play,
        segment=segment,
        break_type=kind.astype(np.int8),
        mid_roll=mid_roll[row],
        pod_position=position,
        creative=creative,
        probability=probability.astype(np.int64),
        completion=completion,
        is_completed=is_completed,
        is_skipped=is_skipped,
        share=share,
        is_clicked=random.random(count) < click * share,
        offset_ms=ends - shown - np.repeat((ends - shown)[first], sizes),
    )


def _shown_ms(creatives: Creatives, impressions: Impressions) -> Integers:
    shown = impressions.share * creatives.duration_ms[impressions.creative]
    rounded: Integers = np.rint(shown).astype(np.int64)
    return rounded


@dataclass(frozen=True)
class AdEvents(Rows):
    """One row an event of an impression.

    Attributes:
        impression: Number of the impression.
        event_type: Index into `AD_EVENT_TYPES`.
        event_at: Microseconds since 1970, UTC.
        received_at: Microseconds since 1970, UTC.
    """

    impression: npt.NDArray[np.int32]
    event_type: npt.NDArray[np.int8]
    event_at: Integers
    received_at: Integers


def make_ad_events(
    configuration: SyntheticConfiguration,
    creatives: Creatives,
    impressions: Impressions,
    break_at: Integers,
    clock_skew: Integers,
) -> AdEvents:
    """Return what the ad server hears, as far as it was received before the world ends.

    Args:
        configuration: The arguments.
        creatives: All creatives.
        impressions: All impressions.
        break_at: When the break of each impression begins, microseconds since 1970.
        clock_skew: Microseconds by which the clock of the device of each is fast.
    """
    random = configuration.random("ad events")
    duration = creatives.duration_ms[impressions.creative]
    share = impressions.share
    count = len(impressions)
    everything = np.arange(count)
    parts: list[tuple[Integers, int, Floats]] = [(everything, SERVED, np.zeros(count))]
    for event_type, quartile in (
        (FIRST_QUARTILE, 0.25),
        (MIDPOINT, 0.5),
        (THIRD_QUARTILE, 0.75),
        (COMPLETE, 1.0),
    ):
        reached = np.flatnonzero(share >= quartile)
        parts.append((reached, event_type, np.full(len(reached), quartile)))
    skipped = np.flatnonzero(impressions.is_skipped)
    parts.append((skipped, SKIP, share[skipped]))
    clicked = np.flatnonzero(impressions.is_clicked)
    parts.append((clicked, CLICK, share[clicked] * random.uniform(0.2, 0.99, len(clicked))))
    impression = np.concatenate([part[0] for part in parts])
    kind = np.repeat([part[1] for part in parts], [len(part[0]) for part in parts])
    moment = np.concatenate([part[2] for part in parts]) * duration[impression]
    offset_us = (impressions.offset_ms[impression] + np.rint(moment).astype(np.int64)) * 1_000
    event_at = break_at[impression] + offset_us
    delay = random.integers(50_000, 4_000_000, len(event_at))
    events = AdEvents(
        impression=impression.astype(np.int32),
        event_type=kind.astype(np.int8),
        event_at=event_at + clock_skew[impression],
        received_at=event_at + delay,
    )
    return events.until(configuration.end_us, "received_at")
