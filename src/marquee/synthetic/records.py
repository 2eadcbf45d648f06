"""Text of landing files: records built column by column, with their faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import CLICK, WATCH, Events, Tags
from marquee.synthetic.dirt import CODE, UNKNOWN_ID_COUNT, Codes
from marquee.synthetic.identities import Identities
from marquee.synthetic.world import Customers, Integers, Titles, customer_ids, title_ids

HEX_PAIRS = np.array([f"{byte:02x}" for byte in range(256)], "S2")
# Up to the colon after customer_id: no parser can take that for a complete object.
BROKEN_LINE_BYTES = 45
CUSTOMER_HEADER = (
    "customer_id,full_name,email,birth_date,country_code,language_code,gender,"
    "has_marketing_consent,registered_at"
)
TAG_HEADER = "customer_id,title_id,network_name,tag_text,tagged_at"


def iso_timestamps(times: Integers) -> pa.Array:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`.

    Args:
        times: Microseconds since 1970, UTC.

    Returns:
        Text, as many as times.
    """
    text = pa.array(times).cast(pa.timestamp("us")).cast(pa.string())
    return joined(pc.binary_replace_slice(text, start=10, stop=11, replacement="T"), "Z")


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


class EventRecords:
    """Writes events as JSON lines."""

    def __init__(self, customer_count: int, title_count: int) -> None:
        self._customers = customer_ids(np.arange(customer_count + UNKNOWN_ID_COUNT))
        self._titles = title_ids(np.arange(title_count + UNKNOWN_ID_COUNT))
        self._devices = pa.array(list(vocabulary.DEVICE_SHARES))

    def records(self, events: Events, fault: Codes) -> pa.Array:
        """Return a line an event, without line end.

        Args:
            events: Rows to write.
            fault: Code of each row.

        Returns:
            Text, as many as events.
        """
        customer = joined('"', self._customers.take(pa.array(events.customer)), '"')
        event_type = np.where(events.event_type == WATCH, "watch", "click")
        event_type[fault == CODE["invalid_event_type"]] = "hover"
        watched_ms = pa.array(events.watched_ms, mask=events.event_type == CLICK)
        text = joined(
            '{"event_id":"',
            _hexadecimal(events.event_number),
            '","customer_id":',
            _replaced(customer, fault, "missing_customer_id", "null"),
            ',"title_id":"',
            self._titles.take(pa.array(events.title)),
            '","event_type":"',
            pa.array(event_type),
            '","watched_ms":',
            _replaced(
                pc.fill_null(watched_ms.cast(pa.string()), "null"),
                fault,
                "mistyped_watched_ms",
                '"abc"',
            ),
            ',"device_class":"',
            self._devices.take(pa.array(events.device)),
            '","event_at":"',
            _replaced(iso_timestamps(events.event_at), fault, "mistyped_event_at", "yesterday"),
            '","received_at":"',
            iso_timestamps(events.received_at),
            '"}',
        )
        cut = pc.binary_slice(text.cast(pa.binary()), 0, BROKEN_LINE_BYTES).cast(pa.string())
        text = _replaced(text, fault, "broken_json", cut)
        return _replaced(text, fault, "blank_line", "")


class TagRecords:
    """Writes tags as CSV records."""

    def __init__(self, customers: Customers, titles: Titles) -> None:
        self._customers = customers.customer_id
        self._titles = titles.title_id
        self._networks = pa.array(list(vocabulary.NETWORK_SHARES))
        self._texts = pa.array([_quoted(text) for text in vocabulary.TAG_TEXTS])
        self._line_counts = np.array([1 + text.count("\n") for text in vocabulary.TAG_TEXTS])

    def records(self, tags: Tags, fault: Codes) -> pa.Array:
        """Return a record a tag, without line end; binary, because some are not UTF-8."""
        text = self._texts.take(pa.array(tags.text)).cast(pa.binary())
        start = joined(
            self._customers.take(pa.array(tags.customer)),
            ",",
            self._titles.take(pa.array(tags.title)),
            ",",
            self._networks.take(pa.array(tags.network)),
            ",",
        ).cast(pa.binary())
        end = joined(",", iso_timestamps(tags.tagged_at)).cast(pa.binary())
        tagged = _replaced(text, fault, "bad_utf8", b"na\xefve \xff\xfe")
        whole = joined(start, tagged, end, separator=b"")
        short = joined(start, text, separator=b"")
        long = joined(whole, b",surplus", separator=b"")
        records = _replaced(whole, fault, "too_few_fields", short)
        return _replaced(records, fault, "too_many_fields", long)

    def line_numbers(self, tags: Tags, fault: Codes) -> Integers:
        """Return the physical line, from 1, on which each record of a file starts."""
        counts = np.where(fault == CODE["bad_utf8"], 1, self._line_counts[tags.text])
        numbers: Integers = 2 + np.cumsum(counts) - counts
        return numbers


def customer_records(
    customers: Customers, identities: Identities, country: Integers, consent: Integers
) -> pa.Array:
    """Return a CSV record a customer, with the country and consent of the day."""
    rows = pa.array(country)
    return joined(
        customers.customer_id,
        ",",
        _fields(identities.full_name),
        ",",
        _fields(identities.email),
        ",",
        _fields(identities.birth_date.cast(pa.string())),
        ",",
        pa.array(list(vocabulary.COUNTRY_SHARES)).take(rows),
        ",",
        pa.array(vocabulary.LANGUAGES).take(pa.array(customers.country)),
        ",",
        pa.array(customers.gender),
        ",",
        pa.array(["false", "true"]).take(pa.array(consent)),
        ",",
        iso_timestamps(customers.registered_at),
    )


def _hexadecimal(numbers: npt.NDArray[np.uint64]) -> pa.Array:
    """Return 16 hexadecimal digits a number."""
    octets = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    digits = HEX_PAIRS[octets].tobytes()
    fixed = pa.Array.from_buffers(pa.binary(16), len(numbers), [None, pa.py_buffer(digits)])
    return fixed.cast(pa.binary()).cast(pa.string())


def _replaced(text: pa.Array, fault: Codes, kind: str, replacement: Any) -> pa.Array:
    """Return `text` with `replacement` in the rows that have this fault."""
    has_fault = fault == CODE[kind]
    return pc.if_else(pa.array(has_fault), replacement, text) if has_fault.any() else text


def _fields(texts: pa.Array) -> pa.Array:
    """Return CSV fields (RFC 4180), empty for null."""
    in_quotes = joined('"', pc.replace_substring(texts, '"', '""'), '"')
    needs_quotes = pc.match_substring_regex(texts, '[",\n]')
    return pc.fill_null(pc.if_else(needs_quotes, in_quotes, texts), "")


def _quoted(text: str) -> str:
    """Return a CSV field (RFC 4180)."""
    if any(sign in text for sign in ',"\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
