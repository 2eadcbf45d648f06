"""From a configuration to the files of a synthetic service."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from marquee.objectstore import ObjectPath
from marquee.synthetic.activity import make_activity
from marquee.synthetic.billing import make_payments, subscription_times
from marquee.synthetic.catalogue import make_titles
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.contacts import make_case_changes, make_offers
from marquee.synthetic.customers import make_customers
from marquee.synthetic.devices import make_devices
from marquee.synthetic.dirt import LandedEvents, event_account, soil_events
from marquee.synthetic.files import write_bytes
from marquee.synthetic.identities import make_identities
from marquee.synthetic.landed_files import LandedFile
from marquee.synthetic.landing import (
    land_ad_events,
    land_cases,
    land_creatives,
    land_customers,
    land_events,
    land_offers,
    land_panels,
    land_payments,
    land_plans,
    land_posts,
    land_ratings,
    land_subscriptions,
    land_tags,
    land_titles,
)
from marquee.synthetic.lives import simulate_lives
from marquee.synthetic.opinions import make_ratings, make_tags
from marquee.synthetic.panels import make_panel_weeks
from marquee.synthetic.places import make_places
from marquee.synthetic.posts import make_entities, make_posts
from marquee.synthetic.truth import World, claim_folder, write_truth


@dataclass(frozen=True)
class SyntheticSummary:
    """What was written.

    Attributes:
        out: Folder that holds `landing`, `truth` and `places.csv`.
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


def generate(
    configuration: SyntheticConfiguration, out: Path, store: ObjectPath | None = None
) -> SyntheticSummary:
    """Write a synthetic service's files to `out/landing` and what is true of it to `out/truth`.

    The table of places that ingestion looks addresses up in goes to `out/places.csv`.

    Args:
        configuration: The arguments; equal arguments give equal bytes.
        out: Folder to write to. Files of a run with the same arguments are replaced.
        store: Landing in an object store; the files go there instead of `out/landing`.

    Returns:
        Counts of what was written.

    Raises:
        ValueError: Landing holds files of other or unknown arguments.
    """
    claim_folder(configuration, out, store or out / "landing")
    world = make_world(configuration)
    events = soil_events(configuration, world.activity.events)
    if store:
        with tempfile.TemporaryDirectory(dir=out) as folder:
            landed = list(_land(world, events, Path(folder)))
            for file in landed:
                name = f"{file.source_name}/{file.table_name}/{file.file_name}"
                (store / name).upload(Path(folder, name))
    else:
        landed = list(_land(world, events, out / "landing"))
    write_bytes(out / "places.csv", make_places().table())
    write_truth(world, event_account(events), landed, out / "truth")
    return SyntheticSummary(
        out=out,
        customer_count=configuration.customer_count,
        title_count=configuration.title_count,
        row_counts=_row_counts(landed),
        file_count=len(landed),
        byte_count=sum(file.byte_count for file in landed),
    )


def make_world(configuration: SyntheticConfiguration) -> World:
    """Return everything that is true of a synthetic service, before anything is written."""
    titles = make_titles(configuration)
    customers = make_customers(configuration)
    devices = make_devices(configuration, customers)
    lives = simulate_lives(configuration, customers)
    activity = make_activity(configuration, titles, customers, devices, lives)
    ratings = make_ratings(configuration, titles, customers, activity)
    entities = make_entities(configuration, titles)
    return World(
        configuration=configuration,
        titles=titles,
        customers=customers,
        identities=make_identities(configuration, customers),
        devices=devices,
        lives=lives,
        subscription_times=subscription_times(configuration, customers, lives),
        activity=activity,
        ratings=ratings,
        entities=entities,
        posts=make_posts(configuration, customers, entities, ratings),
        panels=make_panel_weeks(configuration, customers, activity),
    )


def _land(world: World, events: LandedEvents, folder: Path) -> Iterator[LandedFile]:
    configuration, customers, titles = world.configuration, world.customers, world.titles
    lives, times, activity = world.lives, world.subscription_times, world.activity
    payments = make_payments(configuration, customers, lives, times)
    cases = make_case_changes(configuration, lives)
    offers = make_offers(configuration, lives)
    tags = make_tags(configuration, activity)
    yield from land_customers(configuration, customers, world.identities, folder)
    yield from land_plans(configuration, folder)
    yield from land_subscriptions(configuration, customers, lives, times, folder)
    yield from land_payments(configuration, customers, payments, folder)
    yield from land_cases(configuration, customers, cases, folder)
    yield from land_offers(configuration, customers, lives, offers, folder)
    yield from land_creatives(configuration, activity.creatives, folder)
    yield from land_ad_events(configuration, titles, customers, world.devices, activity, folder)
    yield from land_panels(configuration, titles, world.panels, folder)
    yield from land_titles(configuration, titles, folder)
    yield from land_ratings(configuration, titles, customers, world.ratings, folder)
    yield from land_tags(configuration, titles, customers, tags, folder)
    yield from land_posts(configuration, customers, world.entities, world.posts, folder)
    yield from land_events(configuration, activity, world.devices, events, folder)


def _row_counts(landed: list[LandedFile]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for file in landed:
        table = f"{file.source_name}.{file.table_name}"
        counts[table] = counts.get(table, 0) + file.row_count
    return counts
