"""A real Trino server for one machine: fetched, checked, started, stopped."""

from marquee.trino.artifacts import TrinoUnavailableError
from marquee.trino.server import TrinoServer

__all__ = ["TrinoServer", "TrinoUnavailableError"]
