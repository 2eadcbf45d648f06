"""Customers who were forgotten, as keyed hashes of their ids: late files can not bring them back.

The list stands in the vault and holds no id. Without the key nobody can tell who is on it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from functools import cached_property

import duckdb

from marquee.contract import Table
from marquee.ingest.hash_key import find_hash_key
from marquee.ingest.lake import Lake
from marquee.ingest.reading import FAULTY, GOOD, ROW_NUMBER

CUSTOMER = "customer_id"
FILE = "forgotten.hashes"
PURPOSE = b"forgotten customer: "
"""An id hashed for this list has another hash anywhere else."""
BETWEEN_VALUES = re.compile(r"""[\s"',;:|{}\[\]()\x01]+""")


class ForgottenCustomers:
    """The list of a lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._path = lake.vault / FILE
        text = self._path.read_text(encoding="ascii") if self._path.exists() else ""
        self._hashes = frozenset(text.split())

    def __bool__(self) -> bool:
        """True if anybody was forgotten."""
        return bool(self._hashes)

    def add(self, customer_ids: Iterable[str]) -> None:
        """Take customers onto the list; from now on no file brings them back."""
        hashes = self._hashes | {self.hash_of(customer_id) for customer_id in customer_ids}
        if hashes == self._hashes:
            return
        self._lake.write_private("".join(f"{one}\n" for one in sorted(hashes)).encode(), self._path)
        self._hashes = frozenset(hashes)

    def hash_of(self, customer_id: str) -> str:
        """HMAC-SHA-256 of an id, in hexadecimal digits.

        Raises:
            HashKeyError: if there is no such key as the lake was made with.
        """
        return hmac.digest(self._key, PURPOSE + customer_id.encode(), "sha256").hex()

    @cached_property
    def _key(self) -> bytes:
        return find_hash_key(self._lake)

    def rows_read(self, connection: duckdb.DuckDBPyConnection, table: Table) -> set[int]:
        """Rows of the file that was read last which are of forgotten customers.

        Args:
            connection: where `read_file` left its relations.
            table: what the file holds.

        Returns:
            Row numbers: of rows by their customer, of faulty records by any value in them.
        """
        if not self or CUSTOMER not in table.landed_names:
            return set()
        found = connection.execute(
            f"select {ROW_NUMBER}, {CUSTOMER} from {GOOD} where {CUSTOMER} is not null"
        ).to_arrow_table()
        ids = found[CUSTOMER].unique().to_pylist()
        known = {customer_id for customer_id in ids if self.hash_of(customer_id) in self._hashes}
        rows = {
            number
            for number, customer_id in zip(
                *(found[name].to_pylist() if known else [] for name in (ROW_NUMBER, CUSTOMER)),
                strict=True,
            )
            if customer_id in known
        }
        texts = connection.execute(f"select row_number, raw_text from {FAULTY}").fetchall()
        return rows | {number for number, text in texts if self.are_in(text)}

    def are_in(self, text: str | None) -> bool:
        """True if any value that stands in a text is the id of a forgotten customer."""
        values = set(BETWEEN_VALUES.split(text or "")) - {""}
        return any(self.hash_of(value) in self._hashes for value in values)
