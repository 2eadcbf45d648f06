"""Tables of a Postgres server as landed files: whole, or what has changed since the last time."""

from marquee.extracts.configuration import Extract, ExtractError, known_extracts, load_extract
from marquee.extracts.extraction import Extraction, extract, remove_unfinished
from marquee.extracts.server import SourceUnavailableError

__all__ = [
    "Extract",
    "ExtractError",
    "Extraction",
    "SourceUnavailableError",
    "extract",
    "known_extracts",
    "load_extract",
    "remove_unfinished",
]
