"""Where an IP address is: a table of places that a deployment brings, in one of two forms.

A range table is a CSV file with the header ``network,country_code,region_name,city_name,time_zone``
(or ``start_address,end_address,...``), IPv4 and IPv6 mixed as they like; of ranges that lie in one
another the smallest counts. A database of MaxMind's form (``.mmdb``) is read as it is.
"""

from __future__ import annotations

import csv
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import maxminddb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from marquee.paths import Paths

VARIABLE = "MARQUEE_PLACES"
FILE_NAMES = ("places.csv", "places.mmdb")
"""Looked for in the home of the deployment."""
COLUMNS = ("country_code", "region_name", "city_name", "time_zone")
NETWORK = ("network",)
RANGE = ("start_address", "end_address")

MAPPED = 0xFFFF << 32
"""IPv4 addresses stand among those of IPv6 where RFC 4291 maps them: ``::ffff:192.0.2.1``."""
ADDRESS_TYPE = np.dtype("S16")

# Addresses that many networks use at once, or none. Those for documentation and tests are not among
# them: no real table lists them, and a table made for tests may.
NOWHERE = tuple(
    ip_network(text)
    for text in (
        "::/127", "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
"""In ascending order."""

Address = IPv4Address | IPv6Address


class PlacesError(Exception):
    """The table of places can't be used; the message names file, line and remedy."""


class Places(Protocol):
    """Something that knows where addresses are."""

    def places(self, addresses: Sequence[Address | None]) -> pa.Table:
        """The place of each address.

        Args:
            addresses: parsed addresses, None where there is none; best each once.

        Returns:
            Text columns ``country_code``, ``region_name``, ``city_name``, ``time_zone``, as many
            rows as addresses; null where nothing is known.

        Raises:
            PlacesError: if the table is damaged.
        """


class NoPlaces:
    """Nobody brought a table: nothing is known of any address."""

    def places(self, addresses: Sequence[Address | None]) -> pa.Table:
        """Nulls, as many as addresses."""
        nulls = pa.nulls(len(addresses), pa.string())
        return pa.table(dict.fromkeys(COLUMNS, nulls))


def open_places(paths: Paths) -> Places:
    """The deployment's table of places; it is read when the first address is looked up.

    ``MARQUEE_PLACES`` names the file; otherwise it is ``places.csv`` or ``places.mmdb`` in the
    home, and none is none.

    Raises:
        PlacesError: if the variable names no such file, or both files are there.
    """
    named = os.environ.get(VARIABLE)
    found = [Path(named)] if named else [p for n in FILE_NAMES if (p := paths.home / n).exists()]
    if not found:
        return NoPlaces()
    if len(found) > 1:
        raise PlacesError(
            f"There are {found[0]} and {found[1]}. Remove one, or set {VARIABLE} to the other."
        )
    [path] = found
    if not path.is_file():
        raise PlacesError(f"{path} is no file. Set {VARIABLE} to a .csv or .mmdb file, or to none.")
    match path.suffix.lower():
        case ".csv":
            return RangeTable(path)
        case ".mmdb":
            return MaxMindDatabase(path)
    raise PlacesError(f"{path} is no table of places. Set {VARIABLE} to a .csv or .mmdb file.")


def parsed_address(text: str | None) -> Address | None:
    """The address that a text is, or None; IPv4 that came as IPv6 is IPv4 again."""
    try:
        address = ip_address((text or "").strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return None
        return address.ipv4_mapped or address
    return address


def network_prefix(address: Address | None) -> str | None:
    """The network of an address: its first 24 bits of IPv4, 48 of IPv6, as CIDR."""
    if address is None:
        return None
    if address.version == 4:
        return str(address).rpartition(".")[0] + ".0/24"
    return f"{IPv6Address(int(address) >> 80 << 80)}/48"


def is_nowhere(address: Address) -> bool:
    """True for private, local, shared, multicast and reserved addresses."""
    number = _number(address)
    place = bisect_right(_NOWHERE_STARTS, number) - 1
    return place >= 0 and number <= _NOWHERE_ENDS[place]


class _Range(NamedTuple):
    """A line of a range table; start and end are inclusive, among the addresses of IPv6."""

    start: int
    end: int
    line: int
    place: tuple[str | None, ...]


class _Segments(NamedTuple):
    """Neighbouring ranges without a gap: each begins at its start and ends where the next does."""

    starts: npt.NDArray[np.bytes_]
    """Sorted, 16 bytes each."""
    places: npt.NDArray[np.int64]
    """Row of the table of places, -1 where nothing is known."""
    table: pa.Table


class RangeTable:
    """Places from a CSV file of networks or ranges."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def places(self, addresses: Sequence[Address | None]) -> pa.Table:
        """See :class:`Places`."""
        segments = self._segments
        is_known = np.array([a is not None and not is_nowhere(a) for a in addresses], dtype=bool)
        packed = np.array(
            [_packed(_number(a)) if a is not None else b"" for a in addresses], dtype=ADDRESS_TYPE
        )
        found = np.searchsorted(segments.starts, packed, side="right") - 1
        rows = np.where(found >= 0, segments.places[found], -1)
        return segments.table.take(pa.array(rows, mask=~is_known | (rows < 0)))

    @cached_property
    def _segments(self) -> _Segments:
        ranges = sorted(self._ranges(), key=lambda r: (r.start, -r.end))
        # A first segment of nothing, so that no address comes before all of them.
        starts, places = [0], [-1]

        def begin(start: int, place: int) -> None:
            if starts[-1] == start:
                places[-1] = place
            else:
                starts.append(start)
                places.append(place)

        open_ranges: list[int] = []

        def close(before: int) -> None:
            while open_ranges and ranges[open_ranges[-1]].end < before:
                end = ranges[open_ranges.pop()].end
                begin(end + 1, open_ranges[-1] if open_ranges else -1)

        for row, found in enumerate(ranges):
            close(found.start)
            if open_ranges:
                self._check_nested(ranges[open_ranges[-1]], found)
            begin(found.start, row)
            open_ranges.append(row)
        close(1 << 128)
        if starts[-1] == 1 << 128:
            starts.pop()
            places.pop()
        return _Segments(
            np.array([_packed(start) for start in starts], dtype=ADDRESS_TYPE),
            np.array(places, dtype=np.int64),
            _table([found.place for found in ranges]),
        )

    def _check_nested(self, outer: _Range, inner: _Range) -> None:
        is_same = (outer.start, outer.end) == (inner.start, inner.end)
        if is_same and outer.place != inner.place:
            raise self._error(
                inner.line, f"gives the range of line {outer.line} another place. Remove one."
            )
        if inner.end > outer.end:
            raise self._error(
                inner.line,
                f"overlaps line {outer.line} without lying in it, so nothing says which one counts "
                "for what they share. Correct one of them.",
            )

    def _ranges(self) -> Iterator[_Range]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as stream:
                reader = csv.DictReader(stream)
                names = set(reader.fieldnames or ())
                bounds = NETWORK if set(NETWORK) <= names else RANGE
                if missing := [n for n in (*bounds, *COLUMNS) if n not in names]:
                    raise self._error(
                        1,
                        f"lacks {', '.join(missing)}. The header is {','.join(NETWORK + COLUMNS)}, "
                        f"or begins with {','.join(RANGE)}.",
                    )
                for record in reader:
                    yield self._range(reader.line_num, record, bounds)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise PlacesError(
                f"{self.path} can't be read ({error}). Save it as CSV in UTF-8."
            ) from error

    def _range(self, line: int, record: dict[str, Any], bounds: tuple[str, ...]) -> _Range:
        if None in record or None in record.values():
            raise self._error(line, "does not have as many fields as the header. Correct it.")
        try:
            if bounds == NETWORK:
                network = ip_network(record["network"].strip())
                start, end = _number(network[0]), _number(network[-1])
            else:
                first, last = (ip_address(record[name].strip()) for name in RANGE)
                start, end = _number(first), _number(last)
                if first.version != last.version or start > end:
                    raise ValueError(f"{first} to {last} is no range")
        except ValueError as error:
            raise self._error(line, f"names no network ({error}). Correct or remove it.") from error
        return _Range(start, end, line, tuple(record[name].strip() or None for name in COLUMNS))

    def _error(self, line: int, problem: str) -> PlacesError:
        return PlacesError(f"{self.path}: line {line} {problem}")


class MaxMindDatabase:
    """Places from a database in MaxMind's form, such as GeoLite2 City; names are English."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def places(self, addresses: Sequence[Address | None]) -> pa.Table:
        """See :class:`Places`."""
        rows = [
            (None,) * len(COLUMNS) if a is None or is_nowhere(a) else self._place(a)
            for a in addresses
        ]
        return _table(rows)

    @cached_property
    def _reader(self) -> maxminddb.Reader:
        try:
            return maxminddb.open_database(self.path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise self._damaged(error) from error

    def _place(self, address: Address) -> tuple[str | None, ...]:
        if address.version == 6 and self._reader.metadata().ip_version == 4:
            return (None,) * len(COLUMNS)
        try:
            found: Any = self._reader.get(address)
        except maxminddb.InvalidDatabaseError as error:
            raise self._damaged(error) from error
        record = found if isinstance(found, dict) else {}
        region: Any = next(iter(record.get("subdivisions", ())), {})
        return (
            record.get("country", {}).get("iso_code"),
            region.get("names", {}).get("en"),
            record.get("city", {}).get("names", {}).get("en"),
            record.get("location", {}).get("time_zone"),
        )

    def _damaged(self, error: Exception) -> PlacesError:
        return PlacesError(
            f"{self.path} is no sound database of MaxMind's form ({error}). Download it again."
        )


def _table(places: Sequence[tuple[str | None, ...]]) -> pa.Table:
    """Places, each a tuple in the order of ``COLUMNS``, as a table."""
    columns = zip(*places, strict=True) if places else [()] * len(COLUMNS)
    return pa.table(
        {name: pa.array(values, pa.string()) for name, values in zip(COLUMNS, columns, strict=True)}
    )


def _number(address: Address) -> int:
    return int(address) if address.version == 6 else MAPPED + int(address)


def _packed(number: int) -> bytes:
    return number.to_bytes(16)


_NOWHERE_STARTS = [_number(network[0]) for network in NOWHERE]
_NOWHERE_ENDS = [_number(network[-1]) for network in NOWHERE]
