"""What makes a model version: specification, training rows, package versions and code.

A version is a hash, so two builds that would train the same model give it the same name.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from marquee.ml.decimals import scaled_integers
from marquee.ml.dense_index import dense_index


def canonical_json(value: Mapping[str, Any]) -> str:
    """Writes a mapping as JSON with sorted keys and no spaces: equal mappings, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def training_fingerprint(table: pa.Table, keys: Sequence[str]) -> str:
    """Hashes rows independently of their order, their chunking and their string type.

    Args:
        table: Rows; each column counts, in the order of the table.
        keys: Columns of ids that together identify a row.

    Returns:
        SHA-256 as 64 hexadecimal digits.
    """
    order = pa.array(np.lexsort([dense_index(table[key])[1] for key in reversed(keys)]))
    digest = hashlib.sha256()
    for name in table.column_names:
        digest.update(f"{name}:{len(order)};".encode())
        for part in _canonical_parts(table[name].take(order)):
            digest.update(part)
    return digest.hexdigest()


def package_versions(packages: Sequence[str]) -> str:
    """Gives the versions of Python (major and minor) and of packages as canonical JSON."""
    versions = {package: version(package) for package in packages}
    versions["python"] = f"{sys.version_info.major}.{sys.version_info.minor}"
    return canonical_json(versions)


def code_version(sources: Sequence[Path]) -> str:
    """Hashes source files (name and text, in the order of the names) to 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for source in sorted(sources, key=lambda path: path.name):
        text = source.read_text(encoding="utf-8")
        digest.update(f"{source.name}:{len(text)}:{text}".encode())
    return digest.hexdigest()[:16]


def model_version(
    model_name: str,
    algorithm: str,
    specification: str,
    fingerprint: str,
    packages: str,
    code: str,
) -> str:
    """Hashes everything that a model depends on.

    Args:
        model_name: Name of the model, such as "recommender".
        algorithm: Name of the algorithm.
        specification: Canonical JSON of the settings.
        fingerprint: What `training_fingerprint` gives.
        packages: What `package_versions` gives.
        code: What `code_version` gives.

    Returns:
        The first 16 hexadecimal digits of the SHA-256.
    """
    parts = [model_name, algorithm, specification, fingerprint, packages, code]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _canonical_parts(column: pa.ChunkedArray) -> Iterator[bytes]:
    """Yields which rows are null, then the values: of texts the distinct ones and positions."""
    yield column.is_valid().to_numpy().tobytes()
    if pa.types.is_decimal(column.type):
        yield scaled_integers(column, column.type).tobytes()
    elif pa.types.is_temporal(column.type) or pa.types.is_boolean(column.type):
        integers = pa.int32() if pa.types.is_date32(column.type) else pa.int64()
        yield column.cast(integers).fill_null(0).to_numpy().tobytes()
    elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        yield column.fill_null(0).to_numpy().tobytes()
    else:
        ids, positions = dense_index(column.cast(pa.string()).fill_null(""))
        yield json.dumps(ids.to_pylist()).encode()
        yield positions.tobytes()
