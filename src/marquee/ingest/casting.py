"""SQL that turns raw values into the contract's types, and says why where it can't.

Nothing is rounded, guessed or made NULL in silence: a value that does not fit its type exactly is
a reason for quarantine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from marquee.contract import Column, ListColumn, Table
from marquee.engine import quoted

TEXT = "VARCHAR"
JSON = "JSON"

# DuckDB's own casts are generous: '1.5' becomes the integer 2, '0x1F' becomes 31, ' 2026-1-5' a
# date. The patterns admit only what means the same to everyone.
BOOLEAN = "(?i)true|false|t|f|1|0"
INTEGER = r"[+-]?[0-9]+(\.0+)?"
DATE = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
TIMESTAMP = (
    DATE + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
NESTED = ("STRUCT", "MAP", "UNION")
HINTS = {
    "boolean": "true or false",
    "date": "2026-01-31",
    "timestamp(6)": "2026-01-31T20:15:00Z",
}
"""What a value should look like, where that is not plain from the type."""


def typed_rows(table: Table, raw: str, raw_types: Mapping[str, str]) -> str:
    """A query over the relation ``raw`` that types its rows.

    Args:
        table: the contract of the rows.
        raw: a relation (in brackets or a name) with the columns of ``raw_types``.
        raw_types: DuckDB type of each raw column; a column of the contract that is not in it is
            absent from the file.

    Returns:
        SQL with the contract's columns typed, its lists as ``varchar[]``, and ``_reason``: NULL for
        a good row, otherwise every fault of it in words. Where the table has a vault the words hold
        no value: a record that is out of step has a name in any column.
    """
    shown = _withheld if table.vault else _shown
    present = [name for name in table.landed_names if name in raw_types]
    renamed = ", ".join(f"{name} as raw__{name}" for name in present)
    typed, reasons = [], []
    for column in table.landed_columns:
        raw_name = f"raw__{column.name}" if column.name in raw_types else None
        if raw_name is None:
            typed.append(f"cast(null as {column.duckdb_type}) as {column.name}")
        else:
            typed.append(f"{_cast(column, raw_name, raw_types[column.name])} as {column.name}")
        reasons.append(_column_reasons(column, raw_name, shown))
    for item in table.lists:
        raw_name = f"raw__{item.name}" if item.name in raw_types else None
        if raw_name is None:
            typed.append(f"cast([] as varchar[]) as {item.name}")
        else:
            typed.append(f"{_cast_list(item, raw_name, raw_types[item.name])} as {item.name}")
            reasons.append(
                f"case when {_given(raw_name)} and {item.name} is null "
                f"then {_not_a(item.name, shown(raw_name), 'list of texts')} end"
            )
    return f"""
        select {", ".join(table.landed_names)},
            nullif(concat_ws('; ', {", ".join(reasons)}), '') as _reason
        from (select *, {", ".join(typed)} from (select {renamed} from {raw}))
    """


def _given(raw_name: str) -> str:
    # An empty text is no value: CSV can't tell the two apart, so no format may.
    return f"nullif(cast({raw_name} as varchar), '') is not null"


def _not_a(name: str, shown: str, kind: str) -> str:
    return f"concat({quoted(name + ': ')}, {shown}, {quoted(f' is not of type {kind}')})"


def _shown(expression: str) -> str:
    return f"'''' || left(cast({expression} as varchar), 100) || ''''"


def _withheld(_: str) -> str:
    return quoted("value withheld,")


def _cast(column: Column, raw_name: str, raw_type: str) -> str:
    if raw_type in (TEXT, JSON):
        return _cast_text(column, raw_name)
    is_nested = raw_type.startswith(NESTED) or raw_type.endswith("]")
    if is_nested or (column.data_type != "varchar" and _is_flag(raw_type, column)):
        return f"cast(null as {column.duckdb_type})"
    attempt = f"try_cast({raw_name} as {column.duckdb_type})"
    if column.data_type == "varchar":
        return f"nullif({attempt}, '')"
    if raw_type.startswith("TIMESTAMP WITH TIME ZONE"):
        raw_name, raw_type = f"({raw_name} at time zone 'UTC')", "TIMESTAMP"
        attempt = f"try_cast({raw_name} as {column.duckdb_type})"
    # What had to be rounded or cut to fit is not what landed.
    return f"case when try_cast({attempt} as {raw_type}) = {raw_name} then {attempt} end"


def _is_flag(raw_type: str, column: Column) -> bool:
    """True if only one side is a boolean: 0.5 is not true, and true is not the number 1."""
    return (raw_type == "BOOLEAN") != (column.data_type == "boolean")


def _cast_text(column: Column, raw_name: str) -> str:
    attempt = f"try_cast({raw_name} as {column.duckdb_type})"
    match column.data_type:
        case "varchar":
            return f"nullif({raw_name}, '')"
        case "boolean":
            return _if_matches(raw_name, BOOLEAN, attempt)
        case "integer" | "bigint":
            return _if_matches(raw_name, INTEGER, attempt)
        case "date":
            return _if_matches(raw_name, DATE, attempt)
        case "timestamp(6)":
            utc = f"try_cast({raw_name} as timestamptz) at time zone 'UTC'"
            return _if_matches(raw_name, TIMESTAMP, utc)
        case _:
            scale = int(column.data_type.rstrip(")").rpartition(",")[2])
            digits = rf"[+-]?([0-9]+(\.[0-9]{{0,{scale}}}0*)?|\.[0-9]{{1,{max(scale, 1)}}}0*)"
            return _if_matches(raw_name, digits, attempt)


def _if_matches(raw_name: str, pattern: str, value: str) -> str:
    return f"case when regexp_full_match({raw_name}, '{pattern}') then {value} end"


def _cast_list(item: ListColumn, raw_name: str, raw_type: str) -> str:
    if raw_type == JSON:
        elements = (
            f"case when json_type({raw_name}) = 'ARRAY' "
            f"then cast(json_extract_string({raw_name}, '$[*]') as varchar[]) "
            f"when json_type({raw_name}) = 'NULL' or {raw_name} is null then [] end"
        )
    elif raw_type == TEXT:
        elements = f"string_split(coalesce({raw_name}, ''), {quoted(item.separator)})"
    elif raw_type.endswith("[]"):
        elements = f"coalesce(try_cast({raw_name} as varchar[]), [])"
    else:
        return "cast(null as varchar[])"
    return f"list_filter(list_transform({elements}, lambda e: trim(e)), lambda e: e <> '')"


def _column_reasons(column: Column, raw_name: str | None, shown: Callable[[str], str]) -> str:
    name = column.name
    hint = HINTS.get(column.data_type)
    expected = f"{column.data_type} ({hint})" if hint else column.data_type
    cases = []
    if raw_name is not None:
        cases.append(
            f"when {_given(raw_name)} and {name} is null "
            f"then {_not_a(name, shown(raw_name), expected)}"
        )
    if not column.is_nullable:
        cases.append(f"when {name} is null then {quoted(f'{name}: is missing')}")
    if column.valid_values:
        values = ", ".join(quoted(value) for value in column.valid_values)
        told = quoted(f" is none of {', '.join(column.valid_values)}")
        cases.append(
            f"when {name} not in ({values}) "
            f"then concat({quoted(name + ': ')}, {shown(name)}, {told})"
        )
    for bound, operator, word in ((column.minimum, "<", "below"), (column.maximum, ">", "above")):
        if bound is not None:
            told = quoted(f" is {word} {bound}")
            cases.append(
                f"when {name} {operator} {bound} "
                f"then concat({quoted(name + ': ')}, {shown(name)}, {told})"
            )
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"
