"""A world as a whole: the same arguments, the same bytes, and nothing overwritten silently."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from marquee.synthetic import SyntheticConfiguration, generate

from .conftest import World

TINY = SyntheticConfiguration(scale=0.001, days=20, end_date=date(2026, 3, 10))


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_equal_arguments_give_equal_bytes_and_replace_files(tmp_path: Path) -> None:
    first = generate(TINY, tmp_path / "first")
    before = digests(tmp_path / "first")
    generate(TINY, tmp_path / "second")
    assert before == digests(tmp_path / "second")
    assert first == generate(TINY, tmp_path / "first")
    assert before == digests(tmp_path / "first")


def test_other_seeds_give_other_events_customers_and_titles(tmp_path: Path) -> None:
    generate(TINY, tmp_path / "first")
    generate(replace(TINY, seed=8), tmp_path / "second")
    first, second = digests(tmp_path / "first/landing"), digests(tmp_path / "second/landing")
    for name in first.keys() & second.keys():
        assert first[name] != second[name], name


def test_files_of_other_arguments_are_kept_and_the_remedy_is_told(tmp_path: Path) -> None:
    generate(TINY, tmp_path)
    before = digests(tmp_path)
    with pytest.raises(ValueError, match=r"remove the folders .*landing and .*truth"):
        generate(replace(TINY, seed=8), tmp_path)
    assert digests(tmp_path) == before


def test_landing_files_of_unknown_origin_are_kept(tmp_path: Path) -> None:
    mine = tmp_path / "landing" / "crm" / "customers" / "customers_2026-01-31.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("customer_id\nc1\n")
    with pytest.raises(ValueError, match="holds files that these arguments did not make"):
        generate(TINY, tmp_path)
    assert mine.read_text() == "customer_id\nc1\n"
    # Empty folders, as marquee init makes them, are nobody's files.
    mine.unlink()
    generate(TINY, tmp_path)


def test_a_killed_run_can_be_repeated(tmp_path: Path) -> None:
    generate(TINY, tmp_path)
    before = digests(tmp_path)
    victim = next((tmp_path / "landing/events/events").iterdir())
    victim.rename(victim.with_name(f".{victim.name}.partial"))
    generate(TINY, tmp_path)
    assert digests(tmp_path) == before


def test_other_faults_change_no_event_that_stays_whole(tmp_path: Path) -> None:
    generate(TINY, tmp_path / "first")
    generate(replace(TINY, resent_file_count=0), tmp_path / "second")
    first, second = digests(tmp_path / "first/landing"), digests(tmp_path / "second/landing")
    assert second.items() < first.items()


def test_summary_counts_what_lies_there(world: World) -> None:
    files = [path for path in world.landing.rglob("*") if path.is_file()]
    assert world.summary.file_count == len(files)
    assert world.summary.byte_count == sum(path.stat().st_size for path in files)
    assert world.summary.customer_count == 1_000
    assert world.summary.title_count == 500
    assert world.summary.row_counts["events.events"] == sum(
        1 for _, _, line in world.event_lines(with_resent=True) if line
    )
