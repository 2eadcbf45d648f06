"""Panels: figures of whole weeks before the world ends, wrong by a known noise, with known gaps."""

import csv
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.panels import LEAST_VIEWERS, NOISE, OWN_SHARES, whole_weeks
from tests.python.synthetic.conftest import World


@pytest.fixture(scope="module")
def told(world: World) -> dict[tuple[str, str, str], dict[str, str]]:
    """Landed rows by title, week and market."""
    found = {}
    for path in sorted((world.landing / "panels/audience_panel_weeks").iterdir()):
        for row in csv.DictReader(path.read_text().splitlines()):
            key = (row["title_id"], row["week_start_date"], row["market_code"])
            assert key not in found
            assert path.name == f"panel_{row['week_start_date']}.csv"
            found[key] = row
    return found


def test_what_is_told_is_true_but_for_the_noise(
    world: World, told: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    errors, covered = [], 0
    for row in world.truth_rows("panel_weeks"):
        key = (row["title_id"], str(row["week_start_date"]), row["market_code"])
        assert (key in told) == row["is_covered"]
        share = OWN_SHARES[0] if row["market_code"] == "DE" else OWN_SHARES[1]
        assert row["true_viewers"] == round(row["own_viewers"] / share)
        if row["is_covered"]:
            covered += 1
            assert row["true_viewers"] >= LEAST_VIEWERS
            assert int(told[key]["reach_count"]) == round(row["true_viewers"] * row["error"])
            assert int(told[key]["viewed_minutes"]) == round(row["true_minutes"] * row["error"])
            errors.append(np.log(row["error"]))
    assert covered == len(told) > 1_000
    assert abs(np.std(errors) - NOISE) < 0.01


def test_each_market_lacks_one_week_that_others_have(
    told: dict[tuple[str, str, str], dict[str, str]], world: World
) -> None:
    weeks = {row["week_start_date"] for row in world.truth_rows("panel_weeks")}
    for market in ("DE", "FR", "GB"):
        seen = {dt.date.fromisoformat(week) for _, week, own in told if own == market}
        assert len(weeks - seen) == 1
    assert all(week.weekday() == 0 for week in weeks)


def test_nothing_is_published_after_the_world_ends(
    told: dict[tuple[str, str, str], dict[str, str]], world: World
) -> None:
    end = SyntheticConfiguration().end_date
    latest = max(row["received_at"] for row in told.values())
    assert latest < f"{end + dt.timedelta(days=1)}"
    assert Path(world.landing / "panels").is_dir()


@pytest.mark.parametrize(
    ("days", "end", "weeks"),
    [
        # 2026-06-30 is a Tuesday; figures of a week come out on the Thursday after it.
        (14, dt.date(2026, 6, 30), 0),
        (14, dt.date(2026, 7, 1), 0),
        (18, dt.date(2026, 7, 2), 2),
        (17, dt.date(2026, 7, 1), 1),
        (14, dt.date(2026, 7, 2), 1),
    ],
)
def test_only_whole_and_published_weeks_count(days: int, end: dt.date, weeks: int) -> None:
    found = SyntheticConfiguration(scale=0.01, days=days, end_date=end)
    assert whole_weeks(found) == weeks
