"""Text of landing files: records built column by column, with their faults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import Events
from marquee.synthetic.catalogue import numbered_ids, title_ids
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.customers import customer_ids
from marquee.synthetic.devices import Devices
from marquee.synthetic.dirt import CODE, KINDS, UNKNOWN_ID_COUNT, Codes, LandedEvents
from marquee.synthetic.playback import ERROR, EVENT_TYPES, NOTHING, SEARCH
from marquee.synthetic.rows import Integers, scrambled
from marquee.synthetic.sessions import Sessions

HEX_PAIRS = np.array([f"{byte:02x}" for byte in range(256)], "S2")
# Some bytes into the line: no parser can take a beginning for a complete object.
BROKEN_LINE_BYTES = 45
BAD_BYTES = b"na\xefve \xff\xfe"
PROFILES = 4
"""Most profiles of a household."""
BOT_ADDRESSES = tuple(f"203.0.113.{number}" for number in range(17, 17 + 4))

Patch = Callable[[bytes], bytes]

JSON_PATCHES: Mapping[str, Patch] = {
    "broken_json": lambda line: line[:BROKEN_LINE_BYTES],
    "mistyped_position_ms": lambda line: (
        re.sub(rb',"position_ms":[0-9]+', b"", line)[:-1] + b',"position_ms":"abc"}'
    ),
    "mistyped_event_at": lambda line: re.sub(
        rb'"event_at":"[^"]*"', b'"event_at":"yesterday"', line
    ),
    "invalid_event_type": lambda line: re.sub(
        rb'"event_type":"[^"]*"', b'"event_type":"hover"', line
    ),
    "invalid_case_status": lambda line: re.sub(
        rb'"case_status":"[^"]*"', b'"case_status":"lost"', line
    ),
    "missing_event_id": lambda line: re.sub(rb'"event_id":"[^"]*"', b'"event_id":null', line),
    "bad_utf8": lambda line: re.sub(
        rb'("app_version":"|"author_handle":"@)', rb"\g<1>" + BAD_BYTES, line
    ),
    "blank_line": lambda _: b"",
}
CSV_PATCHES: Mapping[str, Patch] = {
    "too_few_fields": lambda record: record.rpartition(b",")[0],
    "too_many_fields": lambda record: record + b",surplus",
    "mistyped_payment_amount": lambda record: re.sub(rb",[0-9]+\.[0-9]{2},", b",abc,", record),
    # The fields before the text have no commas, and the one after it has none.
    "bad_utf8": lambda record: b",".join([
        *record.split(b",")[:3], BAD_BYTES, record.rpartition(b",")[2]
    ]),
}  # fmt: skip


def iso_timestamps(times: Integers) -> pa.Array:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`.

    Args:
        times: Microseconds since 1970, UTC.

    Returns:
        Text, as many as times.
    """
    text = pa.array(times).cast(pa.timestamp("us")).cast(pa.string())
    return joined(pc.binary_replace_slice(text, start=10, stop=11, replacement="T"), "Z")


def iso_or_null(times: Integers, never: int) -> pa.Array:
    """Return timestamps like `iso_timestamps`, null where the time is `never`."""
    is_known = times != never
    texts = iso_timestamps(np.where(is_known, times, 0))
    return pc.if_else(pa.array(is_known), texts, pa.scalar(None, pa.string()))


def joined(*parts: Any, separator: str | bytes = "") -> pa.Array:
    """Return each row's parts, columns or constants, as one; bytes need a separator of bytes."""
    return pc.binary_join_element_wise(*parts, separator)


def lines(records: pa.Array) -> bytes:
    """Return records as the bytes of a file, each with a line end."""
    ended = joined(records.cast(pa.binary()), b"\n", separator=b"")
    # The texts lie in one buffer without gaps: that is the file.
    _, offsets, texts = ended.buffers()
    size = int(np.frombuffer(offsets, np.int32)[len(ended)])
    content: bytes = texts.slice(0, size).to_pybytes() if size else b""
    return content


def patched(records: pa.Array, fault: Codes, patches: Mapping[str, Patch]) -> pa.Array:
    """Return records as bytes, those with a fault of `patches` changed accordingly."""
    codes = [CODE[kind] for kind in patches]
    chosen = np.isin(fault, codes)
    records = records.cast(pa.binary())
    if not chosen.any():
        return records
    texts = records.filter(pa.array(chosen)).to_pylist()
    kinds = [KINDS[code] for code in fault[chosen]]
    changed = [patches[kind](text) for kind, text in zip(kinds, texts, strict=True)]
    return pc.replace_with_mask(records, pa.array(chosen), pa.array(changed, pa.binary()))


def csv_records(columns: Sequence[pa.Array], texts: Sequence[int] = ()) -> pa.Array:
    """Return CSV records (RFC 4180), empty fields for null.

    Args:
        columns: Columns of equal length; what is no text is written as Arrow casts it.
        texts: Places of those that may hold commas, quotes and line breaks.
    """
    fields = [
        _fields(column) if place in texts else pc.fill_null(column.cast(pa.string()), "")
        for place, column in enumerate(columns)
    ]
    return joined(*fields, separator=",")


def json_records(table: pa.Table) -> pa.Array:
    """Return a JSON object a row."""
    with duckdb.connect() as connection:
        connection.register("landed_rows", table)
        objects = connection.sql("select to_json(landed_rows)::varchar as line from landed_rows")
        return objects.to_arrow_table()["line"].combine_chunks()


def line_numbers(records: pa.Array, *, first: int) -> Integers:
    """Return the physical line on which each record starts, if the first starts on `first`."""
    counts = 1 + pc.count_substring(records, "\n").to_numpy().astype(np.int64)
    numbers: Integers = first + np.cumsum(counts) - counts
    return numbers


class EventRecords:
    """Writes events as JSON lines; what is null is left out, as players do."""

    def __init__(
        self, configuration: SyntheticConfiguration, sessions: Sessions, devices: Devices
    ) -> None:
        self._seed = configuration.seed
        self._sessions = sessions
        self._drift_us = configuration.drift_us
        customers = configuration.customer_count
        self._customer_count = customers
        known = np.arange(customers + UNKNOWN_ID_COUNT)
        self._customers = _with_none(joined(',"customer_id":"', customer_ids(known), '"'))
        self._profiles = _with_none(
            joined(',"profile_id":"', profile_ids(np.arange(PROFILES * customers)), '"')
        )
        titles = np.arange(configuration.title_count + UNKNOWN_ID_COUNT)
        self._titles = _with_none(joined(',"title_id":"', title_ids(titles), '"'))
        self._types = pa.array([f',"event_type":"{name}"' for name in EVENT_TYPES])
        self._devices = self._device_texts(devices)
        self._addresses = self._address_texts(devices)
        self._device_count = len(devices.customer)
        self._details = pa.array([
            "",
            *(f',"bitrate_kbps":{rate}' for rate in vocabulary.BITRATES_KBPS),
            *(f',"error_code":"{code}"' for code in vocabulary.ERROR_CODES),
            *(
                f',"search_text":{json.dumps(text, ensure_ascii=False)}'
                for text in vocabulary.SEARCH_TEXTS
            ),
        ])  # fmt: skip
        builds = [f',"player_build":"{build}"' for build in vocabulary.PLAYER_BUILDS]
        self._builds = _with_none(pa.array(builds))

    def records(self, landed: LandedEvents, rows: slice) -> pa.Array:
        """Return a line an event, without line end, as bytes.

        Args:
            landed: All landed events.
            rows: Which of them.
        """
        events, fault = landed.events.take(rows), landed.fault[rows]
        unknown = landed.unknown_customer[rows]
        is_bot = events.session < 0
        session = np.maximum(events.session, 0)
        customer = self._sessions.customer[session].astype(np.int64)
        is_named = ~events.is_anonymous & ~is_bot
        profile = np.where(
            is_named & (unknown < 0), PROFILES * customer + self._sessions.profile[session], -1
        )
        named = np.where(unknown >= 0, self._customer_count + unknown, customer)
        device = np.where(
            is_bot, self._device_count - 1 - events.session, self._sessions.device[session]
        )
        address = np.where(is_bot, 0, self._sessions.is_elsewhere[session]) * len(self._devices)
        # By the first receipt: a line that is repeated later stays the same to the byte.
        is_old = events.received_at < self._drift_us
        build = np.where(is_old | is_bot, 0, 1 + device % len(vocabulary.PLAYER_BUILDS))
        text = joined(
            '{"event_id":"',
            _hexadecimal(scrambled(events.number.astype(np.uint64), self._seed)),
            '"',
            self._customers.take(pa.array(np.where(is_named, named, -1) + 1)),
            self._profiles.take(pa.array(profile + 1)),
            self._titles.take(pa.array(events.title + 1)),
            self._types.take(pa.array(events.event_type)),
            _numbers("position_ms", events.position_ms),
            _numbers("duration_ms", events.duration_ms),
            self._details.take(pa.array(_detail_places(events))),
            self._devices.take(pa.array(device)),
            self._addresses.take(pa.array(device + address)),
            ',"event_at":"',
            iso_timestamps(events.event_at),
            '","received_at":"',
            iso_timestamps(events.received_at),
            '"',
            self._builds.take(pa.array(build)),
            "}",
        )
        return patched(text, fault, JSON_PATCHES)

    @staticmethod
    def _device_texts(devices: Devices) -> pa.Array:
        """Return what each device says of itself, then each crawler, which has no device id."""
        agents = [agent for _, _, agent in vocabulary.USER_AGENTS]
        own = joined(
            ',"device_id":"',
            devices.device_id,
            '","app_version":"',
            pa.array(vocabulary.APP_VERSIONS).take(pa.array(devices.app_version)),
            '","user_agent":"',
            pa.array(agents).take(pa.array(devices.user_agent)),
            '"',
        )
        return pa.concat_arrays([
            own,
            pa.array([f',"user_agent":"{agent}"' for agent in vocabulary.BOT_USER_AGENTS]),
        ])  # fmt: skip

    @staticmethod
    def _address_texts(devices: Devices) -> pa.Array:
        """Return the address at home of each device, then elsewhere; crawlers after each."""
        bots = pa.array(BOT_ADDRESSES)
        every = pa.concat_arrays([devices.home_address, bots, devices.other_address, bots])
        return joined(',"ip_address":"', every, '"')


def profile_ids(numbers: Integers) -> pa.Array:
    """Return the ids of profiles by number; they tell nothing about the customer."""
    return joined("p", _hexadecimal(scrambled(numbers.astype(np.uint64), 0)))


def event_ids(configuration: SyntheticConfiguration, numbers: Integers) -> pa.Array:
    """Return the ids of events by number."""
    return _hexadecimal(scrambled(numbers.astype(np.uint64), configuration.seed))


def impression_ids(configuration: SyntheticConfiguration, numbers: Integers) -> pa.Array:
    """Return the ids of impressions by number."""
    return joined("i", _hexadecimal(scrambled(numbers.astype(np.uint64), configuration.seed + 3)))


def post_ids(configuration: SyntheticConfiguration, numbers: Integers) -> pa.Array:
    """Return the ids of posts by number."""
    return _hexadecimal(scrambled(numbers.astype(np.uint64), configuration.seed + 2))


def subscription_ids(numbers: Integers) -> pa.Array:
    """Return the ids of subscriptions by number."""
    return numbered_ids("s", numbers, 7)


def _detail_places(events: Events) -> Integers:
    """Return the place of each event's detail among the texts of all details."""
    offset = np.ones(len(EVENT_TYPES), np.int64)
    offset[ERROR] += len(vocabulary.BITRATES_KBPS)
    offset[SEARCH] += len(vocabulary.BITRATES_KBPS) + len(vocabulary.ERROR_CODES)
    places: Integers = np.where(
        events.detail == NOTHING, 0, offset[events.event_type] + events.detail
    )
    return places


def _numbers(name: str, values: npt.NDArray[np.int32]) -> pa.Array:
    """Return a JSON member a row, nothing for `NOTHING`."""
    is_known = pa.array(values >= 0)
    return pc.if_else(is_known, joined(f',"{name}":', pa.array(values).cast(pa.string())), "")


def _with_none(texts: pa.Array) -> pa.Array:
    """Return the texts behind an empty one, which stands for null."""
    return pa.concat_arrays([pa.array([""]), texts])


def _hexadecimal(numbers: npt.NDArray[np.uint64]) -> pa.Array:
    """Return 16 hexadecimal digits a number."""
    octets = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    digits = HEX_PAIRS[octets].tobytes()
    fixed = pa.Array.from_buffers(pa.binary(16), len(numbers), [None, pa.py_buffer(digits)])
    return fixed.cast(pa.binary()).cast(pa.string())


def _fields(texts: pa.Array) -> pa.Array:
    """Return CSV fields (RFC 4180), empty for null."""
    in_quotes = joined('"', pc.replace_substring(texts, '"', '""'), '"')
    needs_quotes = pc.match_substring_regex(texts, '[",\n]')
    return pc.fill_null(pc.if_else(needs_quotes, in_quotes, texts), "")
