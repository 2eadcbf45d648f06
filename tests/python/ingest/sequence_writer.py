"""Writes Hadoop sequence files as Hadoop does, to be read in tests and benchmarks."""

import bz2
import gzip
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice

import cramjam
import pyarrow as pa

SYNC = bytes(range(16))
SYNC_INTERVAL = 2000
FRAME_BYTES = 30_000
"""Hadoop's own are 256 KiB; smaller ones make several of a test's values."""


def integer(number: int) -> bytes:
    return number.to_bytes(4, "big", signed=True)


def variable_integer(number: int) -> bytes:
    if -112 <= number <= 127:
        return number.to_bytes(1, "big", signed=True)
    first, number = (-112, number) if number >= 0 else (-120, ~number)
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return (first - len(octets)).to_bytes(1, "big", signed=True) + octets


def text(value: bytes) -> bytes:
    return variable_integer(len(value)) + value


def bytes_writable(value: bytes) -> bytes:
    return integer(len(value)) + value


def framed(compress):
    def compress_frames(plain: bytes) -> bytes:
        made = b""
        for start in range(0, len(plain), FRAME_BYTES):
            part = plain[start : start + FRAME_BYTES]
            halves = [part[: len(part) // 2], part[len(part) // 2 :]]
            chunks = [bytes(compress(half)) for half in halves if half]
            made += integer(len(part)) + b"".join(integer(len(c)) + c for c in chunks)
        return made

    return compress_frames


def zstd(plain: bytes) -> bytes:
    return pa.Codec("zstd").compress(plain, asbytes=True)


CODECS = {
    "DefaultCodec": zlib.compress,
    "GzipCodec": gzip.compress,
    "BZip2Codec": bz2.compress,
    "SnappyCodec": framed(cramjam.snappy.compress_raw),
    "Lz4Codec": framed(lambda plain: cramjam.lz4.compress_block(plain, store_size=False)),
    "ZStandardCodec": zstd,
}
VALUES = {"Text": text, "BytesWritable": bytes_writable}
KEYS = {"BytesWritable": bytes_writable(b""), "NullWritable": b"", "LongWritable": bytes(8)}


def sequence_file(
    values: Iterable[bytes],
    codec: str | None = None,
    by_block: bool = False,
    value_class: str = "Text",
    key_class: str = "BytesWritable",
    version: int = 6,
) -> bytes:
    """A whole file: not compressed, compressed record by record, or in blocks."""
    package = b"org.apache.hadoop.io."
    made = b"SEQ" + bytes([version])
    made += text(package + key_class.encode()) + text(package + value_class.encode())
    made += bytes([codec is not None, by_block])
    if codec and version >= 5:
        made += text(package + b"compress." + codec.encode())
    if version >= 6:
        made += integer(1) + text(b"creator") + text(b"tests")
    made += SYNC
    compress = CODECS[codec] if codec else bytes
    written, key = VALUES[value_class], KEYS[key_class]
    if by_block:
        return made + b"".join(blocks(map(written, values), key, compress))
    parts, since = [made], 0
    for value in values:
        if since > SYNC_INTERVAL:
            parts.append(integer(-1) + SYNC)
            since = 0
        stored = compress(written(value))
        parts.append(integer(len(key) + len(stored)) + integer(len(key)) + key + stored)
        since += len(parts[-1])
    return b"".join(parts)


def blocks(values: Iterator[bytes], key: bytes, compress) -> Iterator[bytes]:
    while batch := list(islice(values, 300)):
        keys = [variable_integer(len(key))] * len(batch), [key] * len(batch)
        parts = [*keys, [variable_integer(len(value)) for value in batch], batch]
        buffers = [compress(b"".join(part)) for part in parts]
        yield integer(-1) + SYNC + variable_integer(len(batch)) + b"".join(map(text, buffers))
