"""What lands below `landing/`: the files of every source, and an account of their faults."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import Ratings, Tags
from marquee.synthetic.configuration import DAY_US, SyntheticConfiguration
from marquee.synthetic.dirt import CODE, Codes, LandedEvents, planted_codes
from marquee.synthetic.files import gzipped, write_bytes, write_parquet
from marquee.synthetic.identities import Identities
from marquee.synthetic.records import (
    CUSTOMER_HEADER,
    TAG_HEADER,
    EventRecords,
    TagRecords,
    customer_records,
    lines,
)
from marquee.synthetic.world import Booleans, Customers, Integers, Titles

# Half stars 0 to 10, and the value out of range.
RATING_VALUES = pa.array(
    [Decimal(half) / 2 for half in range(11)] + [Decimal("9.5")], pa.decimal128(3, 1)
)
OUT_OF_RANGE = len(RATING_VALUES) - 1


@dataclass(frozen=True)
class LandedFile:
    """One file below `landing/`.

    Attributes:
        source_name: First folder.
        table_name: Second folder.
        file_name: Name in that folder.
        byte_count: Size as it lies there.
        row_count: Records; blank lines and headers are none.
        fault: Code of each faulty row or blank line.
        line_number: Physical line from 1 on which each of those starts; for Parquet the row.
        copy_of: Name of the file that has the same bytes, if it was resent.
    """

    source_name: str
    table_name: str
    file_name: str
    byte_count: int
    row_count: int
    fault: Codes = field(default_factory=lambda: np.zeros(0, np.int8))
    line_number: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    copy_of: str | None = None


def land_customers(
    configuration: SyntheticConfiguration,
    customers: Customers,
    identities: Identities,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a full extract of all customers for every month end and the last day."""
    random = configuration.random("customer changes")
    count = len(customers.country)
    country_count = len(vocabulary.COUNTRY_SHARES)
    # Country and consent change at most once each; most changes never come.
    moves_at = _change_times(random, configuration, count, 0.03)
    new_country = (customers.country + random.integers(1, country_count, count)) % country_count
    consents = random.random(count) < 0.6
    decides_at = _change_times(random, configuration, count, 0.08)

    header = f"{CUSTOMER_HEADER}\n".encode()
    for day in _extract_days(configuration):
        end_us = _day_us(day + timedelta(days=1))
        records = customer_records(
            customers,
            identities,
            np.where(moves_at < end_us, new_country, customers.country),
            (consents ^ (decides_at < end_us)).astype(np.int64),
        ).filter(pa.array(customers.registered_at < end_us))
        path = folder / f"crm/customers/customers_{day}.csv"
        size = write_bytes(path, header + lines(records))
        yield LandedFile("crm", "customers", path.name, size, len(records))


def land_titles(
    configuration: SyntheticConfiguration, titles: Titles, folder: Path
) -> Iterator[LandedFile]:
    """Write two extracts: an earlier one that misses a few titles, and the last day."""
    random = configuration.random("title extracts")
    table = pa.table({
        "title_id": titles.title_id,
        "title_name": titles.title_name,
        "title_type": titles.title_type,
        "release_year": titles.release_year,
        "runtime_ms": titles.runtime_ms,
        "genres": word_lists(titles.genres, vocabulary.GENRES),
        "tags": word_lists(titles.tags, vocabulary.TITLE_TAGS),
    })  # fmt: skip
    middle = configuration.days // 2
    is_delivered = titles.release_day <= middle
    is_delivered[random.choice(len(is_delivered), 3, replace=False)] = False
    everything = np.ones(len(is_delivered), np.bool_)
    with duckdb.connect() as connection:
        for day, chosen in (
            (configuration.start_date + timedelta(days=middle), is_delivered),
            (configuration.end_date, everything),
        ):
            extract = table.filter(pa.array(chosen))
            connection.register("extract", extract)
            objects = connection.sql("select to_json(extract)::varchar as line from extract")
            records = objects.to_arrow_table()["line"].combine_chunks()
            path = folder / f"dam/titles/titles_{day}.jsonl.gz"
            size = write_bytes(path, gzipped(lines(records)))
            yield LandedFile("dam", "titles", path.name, size, len(records))


def land_events(
    configuration: SyntheticConfiguration, landed: LandedEvents, folder: Path
) -> Iterator[LandedFile]:
    """Write a file for every day on which events were received, and resend some."""
    random = configuration.random("resent files")
    resent = random.choice(configuration.days, configuration.resent_file_count, replace=False)
    writer = EventRecords(configuration.customer_count, configuration.title_count)
    for number, (day, rows) in enumerate(_daily(configuration, landed.landed_at)):
        fault = landed.fault[rows]
        content = gzipped(lines(writer.records(landed.events.take(rows), fault)))
        row_count = len(fault) - int((fault == CODE["blank_line"]).sum())
        planted = np.flatnonzero(fault)
        path = folder / f"events/events/events_{day}.jsonl.gz"
        size = write_bytes(path, content)
        yield LandedFile(
            "events", "events", path.name, size, row_count, fault[planted], planted + 1
        )
        if number in resent:
            again = path.with_name(f"events_{day}_resent.jsonl.gz")
            write_bytes(again, content)
            yield LandedFile(
                "events",
                "events",
                again.name,
                size,
                row_count,
                fault[planted],
                planted + 1,
                path.name,
            )


def land_ratings(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    ratings: Ratings,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a Parquet file for every month with ratings."""
    random = configuration.random("rating faults")
    faults = planted_codes(random, len(ratings.title), configuration.rating_faults)
    is_wrong = faults == CODE["rating_out_of_range"]
    table = pa.table({
        "customer_id": customers.customer_id.take(pa.array(ratings.customer)),
        "title_id": titles.title_id.take(pa.array(ratings.title)),
        "network_name": pa.array(list(vocabulary.NETWORK_SHARES)).take(pa.array(ratings.network)),
        "rating_value": RATING_VALUES.take(
            pa.array(np.where(is_wrong, OUT_OF_RANGE, ratings.half_stars))
        ),
        "rated_at": pa.array(ratings.rated_at).cast(pa.timestamp("us")),
    })  # fmt: skip
    for month, rows in _monthly(configuration, ratings.rated_at):
        path = folder / f"social/ratings/ratings_{month}.parquet"
        size = write_parquet(path, table.slice(rows.start, rows.stop - rows.start))
        fault = faults[rows]
        planted = np.flatnonzero(fault)
        yield LandedFile(
            "social", "ratings", path.name, size, len(fault), fault[planted], planted + 1
        )


def land_tags(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    tags: Tags,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a CSV file for every month with tags."""
    random = configuration.random("tag faults")
    faults = planted_codes(random, len(tags.title), configuration.tag_faults)
    writer = TagRecords(customers, titles)
    header = f"{TAG_HEADER}\n".encode()
    for month, rows in _monthly(configuration, tags.tagged_at):
        month_tags, fault = tags.take(rows), faults[rows]
        path = folder / f"social/tags/tags_{month}.csv.gz"
        records = writer.records(month_tags, fault)
        size = write_bytes(path, gzipped(header + lines(records)))
        planted = np.flatnonzero(fault)
        line_number = writer.line_numbers(month_tags, fault)[planted]
        yield LandedFile("social", "tags", path.name, size, len(fault), fault[planted], line_number)


def word_lists(chosen: Booleans, words: Collection[str]) -> pa.Array:
    """Return the chosen words of each row as a list: rows by words in, rows out."""
    offsets = np.concatenate([[0], np.cumsum(chosen.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(list(words)).take(pa.array(np.nonzero(chosen)[1]))
    )


def _change_times(
    random: np.random.Generator, configuration: SyntheticConfiguration, count: int, rate: float
) -> Integers:
    """Return when each customer changes something; for all but a share of `rate`, never."""
    changes = random.random(count) < rate
    times = random.integers(configuration.start_us, configuration.end_us, count)
    return np.where(changes, times, np.iinfo(np.int64).max)


def _extract_days(configuration: SyntheticConfiguration) -> list[date]:
    """Return the month ends of the world and its last day."""
    days = _days(configuration)
    return [day for day in days if (day + timedelta(days=1)).day == 1 or day == days[-1]]


def _days(configuration: SyntheticConfiguration) -> list[date]:
    return [configuration.start_date + timedelta(days=n) for n in range(configuration.days)]


def _day_us(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY_US


def _daily(configuration: SyntheticConfiguration, times: Integers) -> Iterator[tuple[date, slice]]:
    """Return the rows of each day, given ascending times."""
    days = _days(configuration)
    starts = np.searchsorted(times, [_day_us(day) for day in days])
    for day, start, stop in zip(days, starts, [*starts[1:], len(times)], strict=True):
        yield day, slice(int(start), int(stop))


def _monthly(configuration: SyntheticConfiguration, times: Integers) -> Iterator[tuple[str, slice]]:
    """Return the rows of each month (YYYY-MM), given ascending times."""
    firsts = [
        day for day in _days(configuration) if day.day == 1 or day == configuration.start_date
    ]
    starts = np.searchsorted(times, [_day_us(day) for day in firsts])
    for day, start, stop in zip(firsts, starts, [*starts[1:], len(times)], strict=True):
        yield f"{day:%Y-%m}", slice(int(start), int(stop))
