"""Landing to lake: one reader a format, typing, quarantine, manifest."""

from marquee.ingest.hash_key import HashKeyError
from marquee.ingest.lake import Lake
from marquee.ingest.landing import FileRejectedError, LandedFile
from marquee.ingest.loading import IngestReport, LoadedFile, ingest

__all__ = [
    "FileRejectedError",
    "HashKeyError",
    "IngestReport",
    "Lake",
    "LandedFile",
    "LoadedFile",
    "ingest",
]
