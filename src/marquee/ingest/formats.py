"""Which format a landed file has, by what its name says and by what its content shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """File formats that ingestion reads."""

    AVRO = "avro"
    CSV = "csv"
    JSON_LINES = "json_lines"
    ORC = "orc"
    PARQUET = "parquet"
    SEQUENCE_FILE = "sequence_file"


class Compression(StrEnum):
    """How a file of text may be compressed as a whole; the other formats compress within."""

    GZIP = "gzip"
    ZSTD = "zstd"


TEXTS = frozenset({Format.CSV, Format.JSON_LINES})
SUFFIXES = {
    ".avro": Format.AVRO,
    ".csv": Format.CSV,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".orc": Format.ORC,
    ".parquet": Format.PARQUET,
    ".seq": Format.SEQUENCE_FILE,
}
COMPRESSIONS = {".gz": Compression.GZIP, ".zst": Compression.ZSTD}
READ = (
    ".csv, .jsonl or .ndjson (each also with .gz or .zst), .avro, .orc, .parquet or .seq (Hadoop "
    "sequence files)"
)

HEAD_BYTES = 4
AVRO = b"Obj\x01"
ORC = b"ORC"
PARQUET = b"PAR1"
SEQUENCE_FILES = (b"SEQ\x04", b"SEQ\x05", b"SEQ\x06")
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"

Kind = Format | Compression


class UnknownFormatError(ValueError):
    """Name and content don't tell one format; the message says why, and what to do."""


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read."""

    format: Format
    compression: Compression | None = None


def file_format(path: Path, name: str | None = None) -> FileFormat:
    """The format of a file by its name, held against its first and last bytes.

    A name without a known suffix is enough where the content shows what it is.

    Args:
        path: the file.
        name: the name that it landed under, if it is read under another.

    Raises:
        UnknownFormatError: if neither tells, or if they contradict each other.
        OSError: if the file can't be read.
    """
    named = named_format(name or path.name)
    may_be_text = named is None or named.format in TEXTS
    found = _found(path, may_be_text)
    if named is None:
        if isinstance(found, Format):
            return FileFormat(found)
        raise UnknownFormatError(f"the format is not known from the name. Use {READ}.")
    outer: Kind = named.compression or named.format
    if found == outer or (found is None and outer in TEXTS):
        return named
    if found is None and path.stat().st_size == 0:
        raise UnknownFormatError(f"the file is empty, which no {_told(outer)} is. Upload it again.")
    raise UnknownFormatError(
        f"its name says {_told(outer)}, its content {_told(found) if found else 'something else'}. "
        f"Rename it to what it is, or upload the right file; read are {READ}."
    )


def named_format(name: str) -> FileFormat | None:
    """By the suffix alone, in any case; a compressed file has two."""
    compression = next((c for s, c in COMPRESSIONS.items() if name.lower().endswith(s)), None)
    plain = name.rpartition(".")[0] if compression else name
    _, dot, last = plain.lower().rpartition(".")
    found = SUFFIXES.get(dot + last)
    if found is None or (compression and found not in TEXTS):
        return None
    return FileFormat(found, compression)


def _found(path: Path, may_be_text: bool) -> Kind | None:
    """By the content; None for text, and for anything that is not known."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(max(0, path.stat().st_size - HEAD_BYTES))
        tail = stream.read(HEAD_BYTES)
    if head == AVRO:
        return Format.AVRO
    if head in SEQUENCE_FILES:
        return Format.SEQUENCE_FILE
    # A header of CSV may begin with these letters; a whole file ends with them, too.
    if head == PARQUET and (tail == PARQUET or not may_be_text):
        return Format.PARQUET
    if head.startswith(ORC) and (tail[:3] == ORC or not may_be_text):
        return Format.ORC
    if head.startswith(GZIP):
        return Compression.GZIP
    return Compression.ZSTD if head == ZSTD else None


def _told(kind: Kind) -> str:
    return kind.value.replace("_", " ")
