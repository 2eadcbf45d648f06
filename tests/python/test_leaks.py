"""The search for leaks finds what hides, in each kind of file and behind each codec."""

import base64
import gzip
import html
import re
import urllib.parse
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.python.leaks import found_in

HIDDEN_NAME = "Zqxa7 Wíntergreen"
PATTERN = re.compile("zqx[a-z][0-9]+ wíntergreen")


def parquet(column: pa.Array, **options: object) -> Callable[[Path], None]:
    return lambda path: pq.write_table(pa.table({"a": column}), path, **options)


def database(statement: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with duckdb.connect(str(path)) as connection:
            connection.execute(statement)
            connection.execute("create table many as select 'x' || range as x from range(100000)")

    return write


def content(made: bytes | str) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(made.encode() if isinstance(made, str) else made)


def zstd(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(text.encode())

    return write


def model(path: Path) -> None:
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "g", [value], [value], doc_string=HIDDEN_NAME)
    onnx.save(onnx.helper.make_model(graph), path)


LONG = f"{'nothing to see here, ' * 5}{HIDDEN_NAME}".encode()
HIDDEN = {
    "plain": content(f"... {HIDDEN_NAME.upper()} ..."),
    "decomposed": content("Zqxa7 Wi\u0301ntergreen"),
    "gzip": content(gzip.compress(HIDDEN_NAME.encode())),
    "zlib": content(zlib.compress(HIDDEN_NAME.encode())),
    "zstd": zstd(HIDDEN_NAME),
    "entities": content("".join(f"&#{ord(letter)};" for letter in HIDDEN_NAME)),
    "named_entities": content(html.escape(HIDDEN_NAME).replace("í", "&iacute;")),
    "percent": content(urllib.parse.quote(HIDDEN_NAME)),
    "json": content('{"name": "Zqxa7 W\\u00edntergreen"}'),
    "base64": content(b"<script>a='" + base64.b64encode(LONG) + b"'</script>"),
    "base64_of_gzip": content(base64.urlsafe_b64encode(gzip.compress(LONG))),
    "onnx": model,
    "file_name": lambda path: path.with_name(f"{HIDDEN_NAME}.txt").write_text(""),
    "parquet": parquet(pa.array([HIDDEN_NAME, "x"] * 1000), compression="zstd"),
    "parquet_dictionary": parquet(pa.array(["x", HIDDEN_NAME]).dictionary_encode()),
    "parquet_nested": parquet(pa.array([[{"a": ["x", HIDDEN_NAME]}]])),
    "parquet_map": parquet(pa.array([[("k", HIDDEN_NAME)]], pa.map_(pa.string(), pa.string()))),
    "parquet_bytes": parquet(pa.array([gzip.compress(HIDDEN_NAME.encode())])),
    "parquet_metadata": lambda path: pq.write_table(
        pa.table({"a": np.arange(3)}).replace_schema_metadata({"by": HIDDEN_NAME}), path
    ),
    "database": database(f"create table t as select 'x' || '{HIDDEN_NAME}' as a from range(5000)"),
    "database_nested": database(f"create table t as select [{{'a': '{HIDDEN_NAME}'}}] as a"),
    "database_bytes": database(f"create table t as select encode('{HIDDEN_NAME}') as a"),
    "database_view": database(f"create view v as select '{HIDDEN_NAME}' as a"),
    "database_comment": database(f"create table t (a int); comment on table t is '{HIDDEN_NAME}'"),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_hides_is_found(tmp_path: Path, kind: str):
    (tmp_path / "folder").mkdir()
    HIDDEN[kind](tmp_path / "folder" / "file")
    assert found_in([tmp_path], PATTERN) == {"zqxa7 wíntergreen"}


def test_what_is_not_there_is_not_found(tmp_path: Path):
    for kind, write in HIDDEN.items():
        if kind != "file_name":
            write(tmp_path / kind)
    assert found_in([tmp_path], re.compile("zqxb")) == set()
    assert found_in([tmp_path], PATTERN, without=tuple(HIDDEN)) == set()
