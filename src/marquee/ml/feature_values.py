"""What a model saw of a row, as one line of text that people and programs read, and back again."""

import json
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

# A string column of Arrow holds 2 GB; 60 features of so many rows are 0.1 GB.
_BATCH_ROWS = 50_000


def write_feature_values(table: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """Writes columns as JSON, an object a row.

    Args:
        table: Rows with the columns: integers, decimals, booleans or texts.
        names: Columns to write.

    Returns:
        Texts, shape (rows,): the names in sorted order, decimals with all their digits. A missing
        number is null, a missing text is empty, as models see it.

    Raises:
        ValueError: If a column is of another type; floating point has no exact digits.
    """
    if not names:
        return pa.chunked_array([pa.repeat("{}", table.num_rows)])
    batches = [
        _objects(table.slice(start, _BATCH_ROWS), sorted(names))
        for start in range(0, table.num_rows, _BATCH_ROWS)
    ]
    return pa.chunked_array(batches, pa.string())


def read_feature_values(texts: Sequence[str]) -> pa.Table:
    """Reads what `write_feature_values` wrote of rows of one table.

    Args:
        texts: Objects with the same names.

    Returns:
        Table with a column a name, its values to the last digit.
    """
    rows = [json.loads(text, parse_float=Decimal) for text in texts]
    names = list(rows[0]) if rows else []
    return pa.table({name: pa.array([row[name] for row in rows]) for name in names})


def _objects(table: pa.Table, names: Sequence[str]) -> pa.Array:
    columns = [_values(name, table[name].combine_chunks()) for name in names]
    keys = [
        f"{'{' if position == 0 else ', '}{json.dumps(name)}: "
        for position, name in enumerate(names)
    ]
    parts = [part for pair in zip(keys, columns, strict=True) for part in pair]
    return pc.binary_join_element_wise(*parts, "}", "")


def _values(name: str, column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        found = column.cast(pa.string()).fill_null("").dictionary_encode()
        quoted = [json.dumps(text, ensure_ascii=False) for text in found.dictionary.to_pylist()]
        return pa.array(quoted, pa.string()).take(found.indices)
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_null(kind)
    ):
        raise ValueError(f"{name} is of type {kind}, which has no exact digits to be written with")
    return column.cast(pa.string()).fill_null("null")
