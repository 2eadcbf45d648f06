"""Where an IP address is: a table of places that a deployment brings, in one of two forms.

A range table is a CSV file with the header ``network,country_code,region_name,city_name,time_zone``
(or ``start_address,end_address,...``), IPv4 and IPv6 mixed as they like; of ranges that lie in one
another the smallest counts. A database of MaxMind's form (``.mmdb``) is read as it is.

Addresses change hands. A folder of tables, each named by the day from which it holds, keeps their
history: an event is looked up in the table of its own day, whenever it is ingested.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any, NamedTuple, Protocol

import maxminddb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ingest.landing import ISO_DATE
from marquee.paths import Paths

VARIABLE = "MARQUEE_PLACES"
FILE_NAMES = ("places.csv", "places.mmdb", "places")
"""Looked for in the home of the deployment; the last one is a folder."""
COLUMNS = ("country_code", "region_name", "city_name", "time_zone")
NETWORK = ("network",)
RANGE = ("start_address", "end_address")

MAPPED = 0xFFFF << 32
"""IPv4 addresses stand among those of IPv6 where RFC 4291 maps them: ``::ffff:192.0.2.1``."""
MAPPED_PREFIX = bytes(10) + b"\xff\xff"
ADDRESS_TYPE = np.dtype("S16")

PRIVATE = "private"
RESERVED = "reserved"
# Addresses that many networks use at once, or none. Those for documentation and tests are not among
# them: no real table lists them, and a table made for tests may.
NOWHERE = {
    ip_network(text): kind
    for text, kind in (
        ("::/127", RESERVED),
        ("0.0.0.0/8", RESERVED),
        ("10.0.0.0/8", PRIVATE),
        # Shared by the customers of a provider.
        ("100.64.0.0/10", PRIVATE),
        ("127.0.0.0/8", RESERVED),
        ("169.254.0.0/16", RESERVED),
        ("172.16.0.0/12", PRIVATE),
        ("192.168.0.0/16", PRIVATE),
        ("224.0.0.0/3", RESERVED),
        ("fc00::/7", PRIVATE),
        ("fe80::/10", RESERVED),
        ("ff00::/8", RESERVED),
    )
}
"""Networks without a place, in ascending order, and why they have none: used inside of networks, or
for no host of the public internet (loopback, link-local, multicast, unassigned)."""

KNOWN = "known"
UNKNOWN = "unknown"
INVALID = "invalid"


class PlacesError(Exception):
    """The table of places can't be used; the message names file, line and remedy."""


class Addresses:
    """Texts read as addresses, best each once; reads and compares them once for all who ask.

    Whole arrays are compared, and no object is made of an address: a file brings thousands.
    """

    def __init__(self, texts: Sequence[str | None]) -> None:
        self.texts = texts
        self.packed = [packed_address(text) for text in texts]
        """The 16 bytes of each, None where there is none."""

    @cached_property
    def array(self) -> npt.NDArray[np.bytes_]:
        """The same, 16 bytes each; zeros where there is none."""
        return np.array([packed or b"" for packed in self.packed], dtype=ADDRESS_TYPE)

    @cached_property
    def is_address(self) -> npt.NDArray[np.bool_]:
        """False where a text is no address."""
        return np.array([packed is not None for packed in self.packed], dtype=bool)

    @cached_property
    def nowhere(self) -> npt.NDArray[np.int64]:
        """The network without a place that each is in, by its place in `NOWHERE`; -1 for none."""
        # The first network begins with the first address: none comes before all.
        found = np.searchsorted(_NOWHERE_STARTS, self.array, side="right") - 1
        return np.where(self.is_address & (self.array <= _NOWHERE_ENDS[found]), found, -1)

    @cached_property
    def may_have_place(self) -> npt.NDArray[np.bool_]:
        """True for addresses of the public internet."""
        return self.is_address & (self.nowhere < 0)


class Places(Protocol):
    """Something that knows where addresses are."""

    def places(self, addresses: Addresses) -> pa.Table:
        """The place of each address.

        Returns:
            Text columns ``country_code``, ``region_name``, ``city_name``, ``time_zone``, as many
            rows as addresses; null where nothing is known.

        Raises:
            PlacesError: if the table is damaged.
        """


class NoPlaces:
    """Nobody brought a table: nothing is known of any address."""

    def places(self, addresses: Addresses) -> pa.Table:
        """Nulls, as many as addresses."""
        nulls = pa.nulls(len(addresses.texts), pa.string())
        return pa.table(dict.fromkeys(COLUMNS, nulls))


@dataclass(frozen=True)
class PlaceHistory:
    """Tables of places, each with the day from which it holds."""

    tables: tuple[Places, ...]
    """In order of time; at least one."""
    starts: tuple[dt.date, ...] = ()
    """The day of each but the first, which holds for all days before."""

    def version(self, day: str) -> str:
        """The place of the table of a day among all tables.

        Args:
            day: SQL for a date or timestamp (UTC); null counts as before all tables.

        Returns:
            SQL for an integer.
        """
        cases = [
            f"when {day} >= date '{start}' then {place}"
            for place, start in reversed([*enumerate(self.starts, start=1)])
        ]
        return f"case {' '.join(cases)} else 0 end" if cases else "0"


NO_HISTORY = PlaceHistory((NoPlaces(),))
"""Nobody brought a table."""


def open_places(paths: Paths) -> PlaceHistory:
    """The deployment's tables of places; each is read when the first address is looked up in it.

    ``MARQUEE_PLACES`` names a file, or a folder of files whose names hold the day from which each
    holds; otherwise it is ``places.csv``, ``places.mmdb`` or ``places/`` in the home, and none is
    none.

    Raises:
        PlacesError: if the variable names nothing of the kind, or several are there.
    """
    named = os.environ.get(VARIABLE)
    found = [Path(named)] if named else [p for n in FILE_NAMES if (p := paths.home / n).exists()]
    if not found:
        return NO_HISTORY
    if len(found) > 1:
        raise PlacesError(
            f"There are {found[0]} and {found[1]}. Remove one, or set {VARIABLE} to the other."
        )
    [path] = found
    if path.is_dir():
        return _history(path)
    if not path.is_file():
        raise PlacesError(
            f"{path} is no file. Set {VARIABLE} to a .csv or .mmdb file, to a folder of such "
            "files, or to none."
        )
    return PlaceHistory((_table_in(path),))


def _history(folder: Path) -> PlaceHistory:
    dated: dict[dt.date, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")) or not path.is_file():
            continue
        try:
            [text] = ISO_DATE.findall(path.name)
            day = dt.date.fromisoformat(text)
        except ValueError:
            raise PlacesError(
                f"{path} must have one day in its name, from which it holds: places_2026-01-31.csv."
            ) from None
        if day in dated:
            raise PlacesError(f"{dated[day]} and {path} hold from the same day. Remove one.")
        dated[day] = path
    if not dated:
        raise PlacesError(f"{folder} has no table of places. Put places_2026-01-31.csv into it.")
    return PlaceHistory(
        tuple(_table_in(dated[day]) for day in sorted(dated)), tuple(sorted(dated)[1:])
    )


def _table_in(path: Path) -> Places:
    match path.suffix.lower():
        case ".csv":
            return RangeTable(path)
        case ".mmdb":
            return MaxMindDatabase(path)
    raise PlacesError(f"{path} is no table of places. It must be a .csv or .mmdb file.")


def packed_address(text: str | None) -> bytes | None:
    """The 16 bytes of the address that a text is, IPv4 mapped into IPv6; None if it is none."""
    given = (text or "").strip()
    if "%" in given:
        # An address of one link only, which names nobody elsewhere.
        return None
    try:
        return _packed_text(given)
    except ValueError:
        return None


def network_prefix(packed: bytes | None) -> str | None:
    """The network of an address: its first 24 bits of IPv4, 48 of IPv6, as CIDR."""
    if packed is None:
        return None
    if packed.startswith(MAPPED_PREFIX):
        return inet_ntop(AF_INET, packed[12:15] + b"\0") + "/24"
    return f"{IPv6Address(packed[:6] + bytes(10))}/48"


def place_statuses(addresses: Addresses, places: pa.Table) -> pa.Array:
    """What is known of the place of each address, or why nothing is.

    Args:
        addresses: as they landed.
        places: what :meth:`Places.places` gave for them.

    Returns:
        known, unknown (of the public internet, but in no table), private, reserved, invalid (no
        address), or null where nothing landed.
    """
    has_place = reduce(pc.or_, (pc.is_valid(places[name]) for name in COLUMNS)).to_numpy()
    status = np.select(
        [~addresses.is_address, addresses.nowhere >= 0, has_place],
        [INVALID, _NOWHERE_KINDS[addresses.nowhere], KNOWN],
        default=UNKNOWN,
    )
    is_missing = np.array([text is None for text in addresses.texts], dtype=bool)
    return pa.array(status, pa.string(), mask=is_missing)


class _Ranges(NamedTuple):
    """The lines of a range table; first and last address are inclusive, 16 bytes each."""

    first: npt.NDArray[np.bytes_]
    last: npt.NDArray[np.bytes_]
    lines: list[int]
    places: pa.Table


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

    def places(self, addresses: Addresses) -> pa.Table:
        """See :class:`Places`."""
        may_have_place = addresses.may_have_place
        if not may_have_place.any():
            return NoPlaces().places(addresses)
        segments = self._segments
        found = np.searchsorted(segments.starts, addresses.array, side="right") - 1
        rows = np.where(found >= 0, segments.places[found], -1)
        return segments.table.take(pa.array(rows, mask=~may_have_place | (rows < 0)))

    @cached_property
    def _segments(self) -> _Segments:
        ranges = self._ranges()
        order = np.argsort(ranges.first, kind="stable")
        first, last = ranges.first[order], ranges.last[order]
        if bool(np.all(first[1:] > last[:-1])):
            starts, places = _disjoint_segments(first, last, order)
        else:
            starts, places = self._nested_segments(ranges)
        return _Segments(starts, places, ranges.places)

    def _nested_segments(
        self, ranges: _Ranges
    ) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
        first = [_unpacked(packed) for packed in ranges.first.tolist()]
        last = [_unpacked(packed) for packed in ranges.last.tolist()]
        order = sorted(range(len(first)), key=lambda row: (first[row], -last[row]))
        # A first segment of nothing, so that no address comes before all of them.
        starts, places = [0], [-1]

        def begin(start: int, place: int) -> None:
            if starts[-1] == start:
                places[-1] = place
            else:
                starts.append(start)
                places.append(place)

        open_rows: list[int] = []

        def close(before: int) -> None:
            while open_rows and last[open_rows[-1]] < before:
                end = last[open_rows.pop()]
                begin(end + 1, open_rows[-1] if open_rows else -1)

        for row in order:
            close(first[row])
            if open_rows:
                outer = open_rows[-1]
                is_same = (first[outer], last[outer]) == (first[row], last[row])
                self._check_nested(ranges, outer, row, is_same, last[row] > last[outer])
            begin(first[row], row)
            open_rows.append(row)
        close(1 << 128)
        if starts[-1] == 1 << 128:
            starts.pop()
            places.pop()
        packed = np.array([_packed(start) for start in starts], dtype=ADDRESS_TYPE)
        return packed, np.array(places, dtype=np.int64)

    def _check_nested(
        self, ranges: _Ranges, outer: int, inner: int, is_same: bool, is_longer: bool
    ) -> None:
        pair = ranges.places.take([outer, inner]).to_pylist() if is_same else []
        if is_same and pair[0] != pair[1]:
            raise self._error(
                ranges.lines[inner],
                f"gives the range of line {ranges.lines[outer]} another place. Remove one.",
            )
        if is_longer:
            raise self._error(
                ranges.lines[inner],
                f"overlaps line {ranges.lines[outer]} without lying in it, so nothing says which "
                "one counts for what they share. Correct one of them.",
            )

    def _ranges(self) -> _Ranges:
        records, lines = [], []
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as stream:
                reader = csv.reader(stream)
                header = next(reader, [])
                for record in reader:
                    if record:
                        records.append(record)
                        lines.append(reader.line_num)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise PlacesError(
                f"{self.path} can't be read ({error}). Save it as CSV in UTF-8."
            ) from error
        bounds = NETWORK if set(NETWORK) <= set(header) else RANGE
        if missing := [n for n in (*bounds, *COLUMNS) if n not in header]:
            raise self._error(
                1,
                f"lacks {', '.join(missing)}. The header is {','.join(NETWORK + COLUMNS)}, "
                f"or begins with {','.join(RANGE)}.",
            )
        for line, record in zip(lines, records, strict=True):
            if len(record) != len(header):
                raise self._error(line, "does not have as many fields as the header. Correct it.")
        fields = dict(
            zip(header, zip(*records, strict=True) if records else [()] * len(header), strict=True)
        )
        first, last = self._bounds(lines, [fields[name] for name in bounds])
        return _Ranges(
            np.array(first, dtype=ADDRESS_TYPE),
            np.array(last, dtype=ADDRESS_TYPE),
            lines,
            pa.table({name: _trimmed(fields[name]) for name in COLUMNS}),
        )

    def _bounds(
        self, lines: Sequence[int], texts: Sequence[Sequence[str]]
    ) -> tuple[list[bytes], list[bytes]]:
        first, last = [], []
        parse = _network if len(texts) == len(NETWORK) else _range
        for line, *bounds in zip(lines, *texts, strict=True):
            try:
                start, end = parse(*bounds)
            except ValueError as error:
                raise self._error(
                    line, f"names no network ({error}). Correct or remove it."
                ) from error
            first.append(start)
            last.append(end)
        return first, last

    def _error(self, line: int, problem: str) -> PlacesError:
        return PlacesError(f"{self.path}: line {line} {problem}")


class MaxMindDatabase:
    """Places from a database in MaxMind's form, such as GeoLite2 City; names are English."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def places(self, addresses: Addresses) -> pa.Table:
        """See :class:`Places`."""
        rows = [
            self._place(packed) if packed and is_public else (None,) * len(COLUMNS)
            for packed, is_public in zip(addresses.packed, addresses.may_have_place, strict=True)
        ]
        return _table(rows)

    @cached_property
    def _reader(self) -> maxminddb.Reader:
        try:
            return maxminddb.open_database(self.path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise self._damaged(error) from error

    def _place(self, packed: bytes) -> tuple[str | None, ...]:
        mapped = IPv6Address(packed)
        address = mapped.ipv4_mapped or mapped
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


def _trimmed(texts: Sequence[str]) -> pa.Array:
    """Texts without blanks around them; null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _disjoint_segments(
    first: npt.NDArray[np.bytes_], last: npt.NDArray[np.bytes_], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
    """Starts of ranges and of the gaps behind them, with the row of each, -1 for a gap."""
    high, low = (
        last.astype(ADDRESS_TYPE).view(">u8").reshape(-1, 2).T.astype(np.uint64)
        if len(last)
        else np.zeros((2, 0), dtype=np.uint64)
    )
    low_after = low + np.uint64(1)
    high_after = high + (low_after == 0)
    is_end = (high_after == 0) & (low_after == 0)
    after = np.stack([high_after, low_after], axis=1).astype(">u8").reshape(-1).view(ADDRESS_TYPE)
    has_gap = ~is_end
    has_gap[:-1] &= after[:-1] != first[1:]
    starts = np.concatenate([np.array([_packed(0)], dtype=ADDRESS_TYPE), first, after[has_gap]])
    places = np.concatenate([[-1], rows, np.full(int(has_gap.sum()), -1)]).astype(np.int64)
    # Of a range from the very first address on the range counts: it stands behind the gap.
    order = np.argsort(starts, kind="stable")
    return starts[order], places[order]


def _range(first: str, last: str) -> tuple[bytes, bytes]:
    start, end = _packed_text(first.strip()), _packed_text(last.strip())
    if start > end or start.startswith(MAPPED_PREFIX) != end.startswith(MAPPED_PREFIX):
        raise ValueError(f"{first} to {last} is no range")
    return start, end


def _network(text: str) -> tuple[bytes, bytes]:
    address, _, length = text.strip().partition("/")
    if not (length.isascii() and length.isdecimal()):
        # A single address, a mask instead of a length, or nothing of the kind.
        network = ip_network(text.strip())
        return _packed(_number(network[0])), _packed(_number(network[-1]))
    start = _packed_text(address)
    free = (32 if "." in address and ":" not in address else 128) - int(length)
    number = int.from_bytes(start)
    if free < 0 or number & ((1 << free) - 1):
        ip_network(text.strip())  # says what is wrong
        raise ValueError(f"{text} is no network")
    return start, _packed(number | ((1 << free) - 1))


def _packed_text(text: str) -> bytes:
    """The 16 bytes of an address.

    Raises:
        ValueError: if it is none.
    """
    try:
        if ":" in text:
            return inet_pton(AF_INET6, text)
        return MAPPED_PREFIX + inet_pton(AF_INET, text)
    except (OSError, ValueError):
        return _packed(_number(ip_address(text)))


def _unpacked(packed: bytes) -> int:
    # NumPy drops zeros at the end.
    return int.from_bytes(packed.ljust(16, b"\0"))


def _number(address: IPv4Address | IPv6Address) -> int:
    return int(address) if address.version == 6 else MAPPED + int(address)


def _packed(number: int) -> bytes:
    return number.to_bytes(16)


def _nowhere_bounds(place: int) -> npt.NDArray[np.bytes_]:
    return np.array([_packed(_number(network[place])) for network in NOWHERE], dtype=ADDRESS_TYPE)


_NOWHERE_STARTS, _NOWHERE_ENDS = _nowhere_bounds(0), _nowhere_bounds(-1)
_NOWHERE_KINDS = np.array([*NOWHERE.values()])
