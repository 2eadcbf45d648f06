r"""Reader for Hadoop sequence files (versions 4 to 6), of which the values are records.

A value is a JSON object, or a row as Hive writes one: fields in the order of the contract,
``\x01`` between them, ``\N`` for null, ``\x02`` between the elements of a list and ``\x03`` between
the fields of an object in one. Values become JSON lines, and are read as those; keys are passed
over.

The format is that of ``org.apache.hadoop.io.SequenceFile.Reader``. A file that was cut exactly
between two records, or two blocks, can't be told from a whole one: the format has no end mark.
"""

from __future__ import annotations

import bz2
import gzip
import json
import mmap
import struct
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import cramjam
import pyarrow as pa

from marquee.contract import ListColumn, Table
from marquee.ingest.landing import FileRejectedError, LandedFile

MAGIC = b"SEQ"
TEXT_CLASS_NAMES = 4
"""From this version on names of classes are Texts, and blocks may be compressed."""
NAMED_CODECS = 5
METADATA = 6
SYNC_BYTES = 16
SYNC_ESCAPE = -1
INTEGER = struct.Struct(">i")
VALUES = ("org.apache.hadoop.io.Text", "org.apache.hadoop.io.BytesWritable")
NO_KEY = "org.apache.hadoop.io.NullWritable"
DEFAULT_CODEC = "org.apache.hadoop.io.compress.DefaultCodec"
SNAPPY_RATIO = 32
LZ4_RATIO = 256
"""No stream of them can grow more: a damaged length must not fill the memory."""

FIELD, ELEMENT, MEMBER = "\x01", "\x02", "\x03"
NULL = "\\N"


class _DamagedError(Exception):
    def __init__(self, offset: int, words: str) -> None:
        super().__init__(f"damaged at byte {offset}: {words}")


class _Cursor:
    """Reads Hadoop's numbers and texts from bytes; ``base`` is where they stand in the file."""

    def __init__(self, content: bytes | mmap.mmap, base: int = 0) -> None:
        self._content = content
        self._size = len(content)
        self._base = base
        self.position = 0

    @property
    def offset(self) -> int:
        return self._base + self.position

    @property
    def is_at_end(self) -> bool:
        return self.position >= self._size

    def take(self, count: int) -> bytes:
        if not 0 <= count <= self._size - self.position:
            left = self._size - self.position
            raise _DamagedError(self.offset, f"{count} bytes should follow, {left} do")
        taken = self._content[self.position : self.position + count]
        self.position += count
        return taken

    def integer(self) -> int:
        (number,) = INTEGER.unpack(self.take(INTEGER.size))
        return int(number)

    def boolean(self) -> bool:
        octet = self.take(1)[0]
        if octet > 1:
            raise _DamagedError(self.offset - 1, "neither true nor false")
        return octet == 1

    def variable_integer(self) -> int:
        """As ``WritableUtils.readVLong``: one byte, or a byte with sign and length before it."""
        first = self.take(1)[0]
        if first < 128 or first >= 144:
            return first if first < 128 else first - 256
        count = 136 - first if first < 136 else 144 - first
        number = int.from_bytes(self.take(count), "big")
        return number if first >= 136 else ~number

    def text(self) -> str:
        try:
            return self.take(self.variable_integer()).decode()
        except UnicodeDecodeError:
            raise _DamagedError(self.offset, "a name that is not UTF-8") from None


class SequenceFile:
    """A sequence file that is open; close it by leaving its context."""

    def __init__(self, path: Path, file: LandedFile) -> None:
        """Read the header.

        Raises:
            FileRejectedError: if it is damaged, or names a class that is not read.
        """
        self._file = file
        with path.open("rb") as stream:
            self._content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._cursor = _Cursor(self._content)
        try:
            self._read_header()
        except _DamagedError as error:
            self._content.close()
            raise self._rejected(error) from error
        except FileRejectedError:
            self._content.close()
            raise

    def __enter__(self) -> SequenceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._content.close()

    def values(self) -> Iterator[bytes]:
        """The values in the file's order; a record or a block at a time is in memory.

        Raises:
            FileRejectedError: if the file ends early or is damaged.
        """
        try:
            yield from self._blocks() if self._has_blocks else self._records()
        except _DamagedError as error:
            raise self._rejected(error) from error

    def write_without(self, row_numbers: Collection[int], target: Path) -> None:
        """Write the file without some values, which are numbered from 1.

        Not compressed, and without the keys, which nobody reads.
        """
        is_text = self._value_class == VALUES[0]
        with target.open("wb") as sink:
            sink.write(MAGIC + bytes([METADATA]))
            for name in (NO_KEY, self._value_class):
                sink.write(_variable_integer(len(name)) + name.encode())
            sink.write(bytes(2) + INTEGER.pack(0) + self._sync)
            mark = INTEGER.pack(SYNC_ESCAPE) + self._sync
            for number, value in enumerate(self.values(), start=1):
                if number in row_numbers:
                    continue
                size = len(value)
                record = (_variable_integer(size) if is_text else INTEGER.pack(size)) + value
                sink.write(mark + INTEGER.pack(len(record)) + INTEGER.pack(0) + record)

    def _read_header(self) -> None:
        cursor = self._cursor
        version = cursor.take(len(MAGIC) + 1)[-1]
        # Before version 4 came other texts than today's; formats.py knows nothing older.
        cursor.text()
        self._value_class = cursor.text()
        self._is_compressed, self._has_blocks = cursor.boolean(), cursor.boolean()
        codec = DEFAULT_CODEC
        if self._is_compressed and version >= NAMED_CODECS:
            codec = cursor.text()
        if version >= METADATA:
            for _ in range(2 * cursor.integer()):
                cursor.text()
        self._sync = cursor.take(SYNC_BYTES)
        if self._value_class not in VALUES:
            raise FileRejectedError(
                self._file.name,
                f"its values are of class {self._value_class}. Write them as "
                f"{' or '.join(VALUES)}.",
            )
        known = CODECS.get(codec.rpartition(".")[2])
        if known is None:
            raise FileRejectedError(
                self._file.name,
                f"it is compressed by {codec}. Use one of {', '.join(CODECS)}.",
            )
        if self._has_blocks and not self._is_compressed:
            raise _DamagedError(cursor.offset, "blocks that are not compressed")
        self._decompress = known

    def _records(self) -> Iterator[bytes]:
        cursor = self._cursor
        while not cursor.is_at_end:
            length = cursor.integer()
            if length == SYNC_ESCAPE:
                self._pass_sync()
                # Hadoop's writer may leave a mark behind the last record.
                if cursor.is_at_end:
                    return
                length = cursor.integer()
            key_length = cursor.integer()
            if not 0 <= key_length <= length:
                raise _DamagedError(cursor.offset, f"a key of {key_length} in {length} bytes")
            cursor.take(key_length)
            start = cursor.offset
            raw = cursor.take(length - key_length)
            yield self._value(self._plain(raw, start) if self._is_compressed else raw, start)

    def _blocks(self) -> Iterator[bytes]:
        cursor = self._cursor
        while not cursor.is_at_end:
            start = cursor.offset
            if cursor.integer() != SYNC_ESCAPE:
                raise _DamagedError(start, "a block without a sync mark")
            self._pass_sync()
            if cursor.is_at_end:
                return
            count = cursor.variable_integer()
            for _ in ("lengths of the keys", "keys"):
                cursor.take(cursor.variable_integer())
            lengths = _Cursor(self._buffer(), start)
            values = _Cursor(self._buffer(), start)
            for _ in range(count):
                yield self._value(values.take(lengths.variable_integer()), start)
            if not (lengths.is_at_end and values.is_at_end):
                raise _DamagedError(start, f"a block with more than its {count} records")

    def _buffer(self) -> bytes:
        start = self._cursor.offset
        return self._plain(self._cursor.take(self._cursor.variable_integer()), start)

    def _pass_sync(self) -> None:
        start = self._cursor.offset
        if self._cursor.take(SYNC_BYTES) != self._sync:
            raise _DamagedError(start, "another sync mark than the file's")

    def _plain(self, compressed: bytes, offset: int) -> bytes:
        # Each codec has errors of its own for bytes that it did not write.
        try:
            return self._decompress(compressed)
        except Exception as error:
            raise _DamagedError(offset, f"it can't be decompressed ({error})") from error

    def _value(self, written: bytes, offset: int) -> bytes:
        """What the Writable holds."""
        cursor = _Cursor(written, offset)
        is_text = self._value_class == VALUES[0]
        length = cursor.variable_integer() if is_text else cursor.integer()
        value = cursor.take(length)
        if not cursor.is_at_end:
            raise _DamagedError(offset, f"a value that says it has {length} bytes, but has more")
        return value

    def _rejected(self, error: _DamagedError) -> FileRejectedError:
        return FileRejectedError(
            self._file.name, f"the sequence file is {error}. Upload the file again."
        )


def write_lines(path: Path, file: LandedFile, target: Path) -> bool:
    """Write the values of a sequence file as JSON lines, a line each.

    A line break in a JSON object becomes CR, which JSON allows at the same places. What is neither
    an object nor a row of Hive's is written as it came; nothing reads it as JSON.

    Returns:
        True if any value was a row of Hive's.

    Raises:
        FileRejectedError: if the file ends early or is damaged.
    """
    table = file.table
    separators = len(table.landed_names) - 1
    lists = {item.name: item for item in table.lists}
    has_rows = False
    with SequenceFile(path, file) as source, target.open("wb") as sink:
        for value in source.values():
            line = value
            if not value.lstrip().startswith(b"{") and value.count(b"\x01") == separators:
                line = _row_as_json(value, table, lists)
                has_rows = has_rows or line is not value
            sink.write(line.replace(b"\n", b"\r"))
            sink.write(b"\n")
    return has_rows


def _row_as_json(value: bytes, table: Table, lists: Mapping[str, ListColumn]) -> bytes:
    try:
        fields = value.decode().split(FIELD)
    except UnicodeDecodeError:
        return value
    row: dict[str, object] = {}
    for name, text in zip(table.landed_names, fields, strict=True):
        if text == NULL:
            row[name] = None
        elif name in lists:
            row[name] = _elements(text, lists[name])
        else:
            row[name] = text
    return json.dumps(row, ensure_ascii=False).encode()


def _elements(text: str, item: ListColumn) -> list[object]:
    elements = text.split(ELEMENT) if text else []
    if not item.has_objects:
        return [None if element == NULL else element for element in elements]
    names = [field.name for field in item.fields]
    return [
        {
            # Fields that an older writer did not know are absent at the end.
            name: None if member == NULL else member
            for name, member in zip(names, element.split(MEMBER), strict=False)
        }
        for element in elements
    ]


def _variable_integer(number: int) -> bytes:
    """As ``WritableUtils.writeVLong``, for lengths."""
    if number <= 127:
        return bytes([number])
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([144 - len(octets)]) + octets


def _inflated(compressed: bytes) -> bytes:
    stream = zlib.decompressobj()
    plain = stream.decompress(compressed)
    if not stream.eof or stream.unused_data:
        raise ValueError("the stream has another length")
    return plain


def _zstd(compressed: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(compressed), "zstd") as stream:
        return bytes(stream.read())


def _bzip2(compressed: bytes) -> bytes:
    stream = bz2.BZ2Decompressor()
    plain = stream.decompress(compressed)
    if not stream.eof or stream.unused_data:
        raise ValueError("the stream has another length")
    return plain


def _framed(decompress: Callable[[bytes, int], bytes], ratio: int) -> Callable[[bytes], bytes]:
    """Hadoop's framing (``BlockCompressorStream``): the plain length, then chunks with theirs."""

    def decompress_frames(compressed: bytes) -> bytes:
        cursor = _Cursor(compressed)
        plain = bytearray()
        while not cursor.is_at_end:
            end = len(plain) + cursor.integer()
            if not 0 <= end <= ratio * len(compressed):
                raise ValueError(f"{end} bytes of {len(compressed)}")
            while len(plain) < end:
                plain += decompress(cursor.take(cursor.integer()), end - len(plain))
            if len(plain) > end:
                raise ValueError("a chunk is longer than its frame")
        return bytes(plain)

    return decompress_frames


def _snappy(chunk: bytes, most: int) -> bytes:
    if cramjam.snappy.decompress_raw_len(chunk) > most:
        raise ValueError("a chunk is longer than its frame")
    return bytes(cramjam.snappy.decompress_raw(chunk))


def _lz4(chunk: bytes, most: int) -> bytes:
    plain = bytearray(most)
    return bytes(plain[: cramjam.lz4.decompress_block_into(chunk, plain, output_len=most)])


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "DefaultCodec": _inflated,
    "DeflateCodec": _inflated,
    "GzipCodec": gzip.decompress,
    "BZip2Codec": _bzip2,
    "SnappyCodec": _framed(_snappy, SNAPPY_RATIO),
    "Lz4Codec": _framed(_lz4, LZ4_RATIO),
    "ZStandardCodec": _zstd,
}
