"""From a configuration to the files of a synthetic service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from marquee.synthetic.activity import make_choices, make_events, make_ratings, make_tags
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.dirt import soil_events
from marquee.synthetic.identities import make_identities
from marquee.synthetic.landing import (
    LandedFile,
    land_customers,
    land_events,
    land_ratings,
    land_tags,
    land_titles,
)
from marquee.synthetic.truth import claim_folder, write_truth
from marquee.synthetic.world import make_customers, make_titles


@dataclass(frozen=True)
class SyntheticSummary:
    """What was written.

    Attributes:
        out: Folder that holds `landing` and `truth`.
        customer_count: Customers of the world.
        title_count: Titles of the world.
        row_counts: Landed rows by `source.table`, faults and resent files included.
        file_count: Files below `landing`.
        byte_count: Their size.
    """

    out: Path
    customer_count: int
    title_count: int
    row_counts: Mapping[str, int]
    file_count: int
    byte_count: int


def generate(configuration: SyntheticConfiguration, out: Path) -> SyntheticSummary:
    """Write a synthetic service's files to `out/landing` and what is true of it to `out/truth`.

    Args:
        configuration: The arguments; equal arguments give equal bytes.
        out: Folder to write to. Files of a run with the same arguments are replaced.

    Returns:
        Counts of what was written.

    Raises:
        ValueError: `out` holds landing files of other or unknown arguments.
    """
    claim_folder(configuration, out)
    titles = make_titles(configuration)
    customers = make_customers(configuration)
    identities = make_identities(configuration, customers)
    choices = make_choices(configuration, titles, customers)
    events = make_events(configuration, titles, customers, choices)
    ratings = make_ratings(configuration, titles, customers, choices)
    tags = make_tags(configuration, choices)

    landing = out / "landing"
    landed = [
        *land_customers(configuration, customers, identities, landing),
        *land_titles(configuration, titles, landing),
        *land_ratings(configuration, titles, customers, ratings, landing),
        *land_tags(configuration, titles, customers, tags, landing),
        *land_events(configuration, soil_events(configuration, events), landing),
    ]
    write_truth(configuration, titles, customers, identities, events, landed, out / "truth")
    return SyntheticSummary(
        out=out,
        customer_count=configuration.customer_count,
        title_count=configuration.title_count,
        row_counts=_row_counts(landed),
        file_count=len(landed),
        byte_count=sum(file.byte_count for file in landed),
    )


def _row_counts(landed: list[LandedFile]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for file in landed:
        table = f"{file.source_name}.{file.table_name}"
        counts[table] = counts.get(table, 0) + file.row_count
    return counts
