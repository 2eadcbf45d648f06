"""The ids of customers as SQL and texts have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from marquee.engine import quoted
from marquee.ingest.forgotten import CUSTOMER


@dataclass(frozen=True)
class Customers:
    """Who is to be forgotten."""

    ids: Sequence[str]

    @cached_property
    def listed(self) -> str:
        """The ids as a list of SQL."""
        return f"({', '.join(map(quoted, self.ids))})"

    @property
    def others(self) -> str:
        """A condition of SQL: the row is of nobody of them."""
        return f"coalesce({CUSTOMER} not in {self.listed}, true)"

    def named_by(self, columns: Iterable[str]) -> str:
        """A condition of SQL: one of the columns, at least one, holds an id and nothing else."""
        return " or ".join(f"{column} in {self.listed}" for column in columns)

    def named_in(self, text: str | None) -> bool:
        """True if one of the ids stands in a text, alone and not as a part of another."""
        return bool(self._pattern.search(text or ""))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        ids = "|".join(map(re.escape, self.ids))
        return re.compile(rf"(?<![\w-])(?:{ids})(?![\w-])")
