"""How landing files are written: each with an account of the faults in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from marquee.synthetic.configuration import DAY_US, SyntheticConfiguration
from marquee.synthetic.dirt import Codes
from marquee.synthetic.files import gzipped, parquet, write_bytes
from marquee.synthetic.records import line_numbers, lines
from marquee.synthetic.rows import Integers


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


def land(
    folder: Path,
    table: str,
    file_name: str,
    content: bytes,
    row_count: int,
    faults: Codes | None = None,
    numbers: Integers | None = None,
    *,
    copy_of: str | None = None,
) -> LandedFile:
    """Write a file and return its account.

    Args:
        folder: The folder `landing`.
        table: `source.table`.
        file_name: Its name.
        content: Its bytes.
        row_count: Records in it.
        faults: Code of each row and blank line; None if there are no faults.
        numbers: Line on which each of those starts; None if they are one a line, from 1.
        copy_of: Name of the file that has the same bytes, if it was resent.
    """
    source_name, table_name = table.split(".")
    size = write_bytes(folder / source_name / table_name / file_name, content)
    planted = np.flatnonzero([] if faults is None else faults)
    return LandedFile(
        source_name,
        table_name,
        file_name,
        size,
        row_count,
        np.zeros(0, np.int8) if faults is None else faults[planted],
        planted + 1 if numbers is None else numbers[planted],
        copy_of,
    )


def land_csv(
    folder: Path,
    table: str,
    file_name: str,
    header: str,
    records: pa.Array,
    faults: Codes | None = None,
) -> LandedFile:
    """Write records behind their header, which is line 1; gzipped if the name says so."""
    content = f"{header}\n".encode() + lines(records)
    if file_name.endswith(".gz"):
        content = gzipped(content)
    numbers = None if faults is None else line_numbers(records, first=2)
    return land(folder, table, file_name, content, len(records), faults, numbers)


def land_json(
    folder: Path, table: str, file_name: str, records: pa.Array, faults: Codes
) -> LandedFile:
    """Write records, one a line."""
    return land(folder, table, file_name, lines(records), len(records), faults)


def land_parquet(
    folder: Path, table: str, file_name: str, rows: pa.Table, faults: Codes
) -> LandedFile:
    """Write rows, which count from 1 as lines do."""
    return land(folder, table, file_name, parquet(rows), len(rows), faults)


def daily(configuration: SyntheticConfiguration, times: Integers) -> Iterator[tuple[date, slice]]:
    """Return the rows of each day that has some, given ascending times."""
    return _parts(configuration.day_dates, times)


def monthly(configuration: SyntheticConfiguration, times: Integers) -> Iterator[tuple[str, slice]]:
    """Return the rows of each month (YYYY-MM) that has some, likewise."""
    firsts = [
        day for day in configuration.day_dates if day.day == 1 or day == configuration.start_date
    ]
    for day, rows in _parts(firsts, times):
        yield f"{day:%Y-%m}", rows


def _parts(days: Collection[date], times: Integers) -> Iterator[tuple[date, slice]]:
    starts = np.searchsorted(times, [(day - date(1970, 1, 1)).days * DAY_US for day in days])
    for day, start, stop in zip(days, starts, [*starts[1:], len(times)], strict=True):
        if stop > start:
            yield day, slice(int(start), int(stop))
