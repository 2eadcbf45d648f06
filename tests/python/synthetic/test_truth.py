"""The signal that was planted is in the files, and what was attainable can be computed."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.synthetic import true_affinities
from marquee.synthetic.vocabulary import SEGMENTS

from .conftest import World

Matrix = npt.NDArray[np.float64]


def watched_titles(world: World) -> dict[str, list[str]]:
    """Return each customer's titles in the order of the first watch."""
    watches = sorted(
        (event["event_at"], event["customer_id"], event["title_id"])
        for event in world.events
        if event["event_type"] == "play" and "customer_id" in event
    )
    titles: dict[str, dict[str, None]] = defaultdict(dict)
    for _, customer_id, title_id in watches:
        titles[customer_id].setdefault(title_id)
    return {customer_id: list(each) for customer_id, each in titles.items()}


def mean_ndcg(scores: Matrix, seen: Matrix, relevant: Matrix, cutoff: int = 10) -> float:
    """Return NDCG with binary gains (Järvelin and Kekäläinen 2002) of the best unseen titles."""
    best = np.argsort(-np.where(seen > 0, -np.inf, scores), axis=1, kind="stable")[:, :cutoff]
    discount = 1 / np.log2(np.arange(cutoff) + 2)
    gain = (np.take_along_axis(relevant, best, axis=1) * discount).sum(axis=1)
    ideal = np.cumsum(discount)[relevant.sum(axis=1).astype(int).clip(1, cutoff) - 1]
    return float((gain / ideal).mean())


def test_an_oracle_beats_popularity_by_a_wide_margin(world: World) -> None:
    title_ids = pq.read_table(world.truth / "titles.parquet")["title_id"].to_pylist()
    known = set(pq.read_table(world.truth / "customers.parquet")["customer_id"].to_pylist())
    number = {title_id: n for n, title_id in enumerate(title_ids)}
    histories = {
        customer_id: [title_id for title_id in titles if title_id in number]
        for customer_id, titles in watched_titles(world).items()
        if customer_id in known and len(titles) >= 8
    }
    seen = np.zeros((len(histories), len(title_ids)))
    relevant = np.zeros_like(seen)
    for row, titles in enumerate(histories.values()):
        split = int(0.8 * len(titles))
        seen[row, [number[t] for t in titles[:split]]] = 1
        relevant[row, [number[t] for t in titles[split:]]] = 1
    popularity = np.tile(seen.sum(axis=0), (len(histories), 1))
    oracle = true_affinities(world.truth, list(histories), title_ids)
    attained = mean_ndcg(popularity, seen, relevant)
    assert mean_ndcg(oracle, seen, relevant) > 1.4 * attained > 0.03


def test_customers_watch_what_their_segment_loves(world: World) -> None:
    customers = pq.read_table(world.truth / "customers.parquet").to_pylist()
    titles = pq.read_table(world.truth / "titles.parquet").to_pylist()
    segment = {customer["customer_id"]: customer["segment"] for customer in customers}
    genres = {title["title_id"]: title["genres"] for title in titles}
    is_loved: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for customer_id, watched in watched_titles(world).items():
        own = segment.get(customer_id)
        for title_id in watched:
            if own is not None and title_id in genres:
                for name, kind in SEGMENTS.items():
                    is_loved[own == name, name].append(
                        bool(set(kind.loved) & set(genres[title_id]))
                    )
    for name in SEGMENTS:
        assert np.mean(is_loved[True, name]) > 1.3 * np.mean(is_loved[False, name]), name


def test_segments_have_the_higher_true_affinity_for_their_genres(world: World) -> None:
    customers = pq.read_table(world.truth / "customers.parquet").to_pylist()
    titles = pq.read_table(world.truth / "titles.parquet").to_pylist()
    # A series is drawn through its episodes, and has no probability of its own.
    titles = [title for title in titles if title["title_type"] not in ("series", "episode")]
    affinities = true_affinities(
        world.truth, [c["customer_id"] for c in customers], [t["title_id"] for t in titles]
    )
    segments = np.array([customer["segment"] for customer in customers])
    for name, kind in SEGMENTS.items():
        has_loved = np.array([bool(set(kind.loved) & set(title["genres"])) for title in titles])
        advantage = affinities[:, has_loved].mean(axis=1) - affinities[:, ~has_loved].mean(axis=1)
        assert advantage[segments == name].mean() > 0.8 + advantage[segments != name].mean()


def test_popularity_and_activity_have_heavy_tails(world: World) -> None:
    histories = watched_titles(world)
    titles = np.unique([t for each in histories.values() for t in each], return_counts=True)[1]
    titles = np.sort(titles)[::-1]
    assert titles[: len(titles) // 10].sum() > 0.3 * titles.sum()
    lengths = np.array([len(each) for each in histories.values()])
    assert np.percentile(lengths, 95) > 2.5 * np.median(lengths)


def test_countries_prefer_other_titles(world: World) -> None:
    customers = pq.read_table(world.truth / "customers.parquet").to_pylist()
    ids = pq.read_table(world.truth / "titles.parquet")["title_id"].to_pylist()
    number = {title_id: n for n, title_id in enumerate(ids)}
    country = {customer["customer_id"]: customer["country_code"] for customer in customers}
    counts = {code: np.zeros(len(ids)) for code in ("DE", "FR")}
    for customer_id, watched in watched_titles(world).items():
        if (code := country.get(customer_id, "")) in counts:
            for title_id in watched:
                if title_id in number:
                    counts[code][number[title_id]] += 1
    top = {code: set(np.argsort(-each)[:20].tolist()) for code, each in counts.items()}
    assert 0 < len(top["DE"] & top["FR"]) < 18


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.integers(0, 999), min_size=1, max_size=5))
def test_affinities_are_log_probabilities_in_the_order_asked_for(
    world: World, rows: list[int]
) -> None:
    title_ids = [f"t{number:05d}" for number in range(500)]
    customer_ids = [f"c{row:06d}" for row in rows]
    affinities = true_affinities(world.truth, customer_ids, title_ids)
    assert affinities.shape == (len(rows), 500)
    np.testing.assert_allclose(np.exp(affinities).sum(axis=1), 1)
    reverse = true_affinities(world.truth, customer_ids[::-1], title_ids[::-1])
    np.testing.assert_allclose(reverse, affinities[::-1, ::-1])


def test_unseen_ids_are_refused(world: World) -> None:
    with pytest.raises(KeyError, match="c999999 is not in this synthetic service"):
        true_affinities(world.truth, ["c000001", "c999999"], ["t00001"])
    assert true_affinities(world.truth, [], ["t00001"]).shape == (0, 1)


def test_plays_are_those_that_the_events_tell(world: World) -> None:
    started = {
        (event["device_id"], event["title_id"], event["event_at"][:23])
        for event in world.events
        if event["event_type"] == "play" and "device_id" in event
    }
    plays = world.truth_rows("plays")
    found = sum(
        (play["device_id"], play["title_id"], play["started_at"].isoformat()[:23]) in started
        for play in plays
    )
    # The rest is broken, not yet received, or of an unknown title.
    assert 0.98 < found / len(plays) < 1
    runtime = {row["title_id"]: row["end_position_ms"] for row in plays}
    assert len(runtime) > 100
    for play in plays:
        length = play["end_position_ms"] - play["start_position_ms"]
        assert 0 <= play["watched_ms"] <= length
        assert (play["customer_id"] is None) == (play["profile_id"] is None)
        assert play["watched_ms"] > 0 or play["ending"] in ("failed", "broken")
    assert 0.2 < np.mean([play["is_completed"] for play in plays]) < 0.7


def test_hazards_are_of_running_subscriptions_and_foresee(world: World) -> None:
    rows = world.truth_rows("hazards")
    assert len({row["as_of_date"] for row in rows}) == 6
    assert all(0 < row["daily_hazard"] <= 0.25 for row in rows)
    leaving, staying = (
        np.mean([row["daily_hazard"] for row in rows if row["is_cancelled_in_30_days"] is flag])
        for flag in (True, False)
    )
    assert leaving > 2 * staying
