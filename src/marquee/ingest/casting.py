"""SQL that turns raw values into the contract's types, and says why where it can't.

Nothing is rounded, guessed or made NULL in silence: a value that does not fit its type exactly is
a reason for quarantine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

from marquee.contract import RECEIVED_AT, Column, ListColumn, Table
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
# What spreadsheets and floating point make of a long number. Without the plus it may be an id.
SHORTENED = "[+-]?[0-9]([.,][0-9]+)?[eE][+][0-9]{2,3}"
IDENTIFIERS = ("_id", "_key")
NESTED = ("STRUCT", "MAP", "UNION")
HINTS = {
    "boolean": "true or false",
    "date": "2026-01-31",
    "timestamp(6)": "2026-01-31T20:15:00Z",
}
"""What a value should look like, where that is not plain from the type."""


def typed_rows(table: Table, raw: str, raw_types: Mapping[str, str], now: dt.datetime) -> str:
    """A query over the relation ``raw`` that types its rows.

    Args:
        table: the contract of the rows.
        raw: a relation (in brackets or a name) with the columns of ``raw_types``.
        raw_types: DuckDB type of each raw column; a column of the contract that is not in it is
            absent from the file.
        now: when they are ingested, UTC: nothing can have been received later.

    Returns:
        SQL with the contract's columns typed, its lists as ``varchar[]`` or as lists of structs,
        and ``_reason``: NULL for a good row, otherwise every fault of it in words. Where the table
        has a vault the words hold no value: a record that is out of step has a name in any column.
    """
    shown = _withheld if table.vault else _shown
    present = [name for name in table.landed_names if name in raw_types]
    # Columns of the file first become raw__ names, so that they can't be taken for typed ones.
    renamed = ", ".join(f"{name} as raw__{name}" for name in present)
    for column in table.landed_columns:
        if raw_types.get(column.name) == JSON:
            renamed += f", json_extract_string({column.name}, '$') as text__{column.name}"
    typed, reasons = [], []
    for column in table.landed_columns:
        raw_type = raw_types.get(column.name)
        raw_name = f"{'text' if raw_type == JSON else 'raw'}__{column.name}" if raw_type else None
        if raw_name is None or raw_type is None:
            typed.append(f"cast(null as {column.duckdb_type}) as {column.name}")
        else:
            typed.append(f"{_cast(column, raw_name, raw_type)} as {column.name}")
        reasons.append(_column_reasons(column, column.name, raw_name, quoted(column.name), shown))
    for item in table.lists:
        if item.name not in raw_types:
            typed.append(f"cast([] as {list_type(item)}) as {item.name}")
        elif item.has_objects:
            elements = _json_elements(f"raw__{item.name}", raw_types[item.name])
            renamed += f", {elements} as each__{item.name}"
            typed.append(f"{_cast_objects(item)} as {item.name}")
            reasons += [
                _not_a_list(item, f"each__{item.name}", shown),
                _element_reasons(item, shown),
            ]
        else:
            typed.append(f"{_cast_list(item, raw_types[item.name])} as {item.name}")
            reasons.append(_not_a_list(item, item.name, shown))
    if table.clock_lead_minutes is not None:
        reasons += [_clock_reason(table, shown), _future_reason(table, now, shown)]
    return f"""
        select {", ".join(table.landed_names)},
            nullif(concat_ws('; ', {", ".join(reasons)}), '') as _reason
        from (select *, {", ".join(typed)} from (select {renamed} from {raw}))
    """


def nested_texts(names: Iterable[str], rows: str) -> str:
    """A query over typed rows: for each column of texts, may one of them be an object or a list?

    A reader of JSON gives an object or a list as its text, which a text may look like as well.
    """
    told = (
        f"coalesce(bool_or(starts_with({name}, '[') or starts_with({name}, '{{')), false) as {name}"
        for name in names
    )
    return f"select {', '.join(told)} from {rows}"


def free_texts(table: Table) -> tuple[str, ...]:
    """The columns that may hold any text."""
    return tuple(
        column.name
        for column in table.landed_columns
        if column.data_type == "varchar" and not column.valid_values
    )


def field_names(raw: str, name: str, raw_type: str) -> str:
    """A query over the relation ``raw``: every field of the objects in a list once, as ``name``."""
    elements = _json_elements(name, raw_type)
    return (
        "select distinct unnest(json_keys(element)) as name "
        f"from (select unnest({elements}) as element from {raw}) "
        "where json_type(element) = 'OBJECT'"
    )


def list_type(item: ListColumn) -> str:
    """Type of a list once it is typed."""
    if not item.has_objects:
        return "varchar[]"
    return f"struct({', '.join(f'{field.name} {field.duckdb_type}' for field in item.fields)})[]"


def _given(raw_name: str) -> str:
    # An empty text is no value: CSV can't tell the two apart, so no format may.
    return f"nullif(cast({raw_name} as varchar), '') is not null"


def _not_a(name: str, shown: str, kind: str) -> str:
    return f"concat({name}, ': ', {shown}, {quoted(f' is not of type {kind}')})"


def _not_a_list(item: ListColumn, elements: str, shown: Callable[[str], str]) -> str:
    raw_name = f"raw__{item.name}"
    kind = "list of objects" if item.has_objects else "list of texts"
    return (
        f"case when {_given(raw_name)} and {elements} is null "
        f"then {_not_a(quoted(item.name), shown(raw_name), kind)} end"
    )


def _clock_reason(table: Table, shown: Callable[[str], str]) -> str:
    time, words = table.time_column, f" is more than {table.clock_lead_minutes} minutes after "
    told = [quoted(f"{time}: "), shown(str(time)), quoted(f"{words}{RECEIVED_AT}")]
    if not table.vault:
        told += ["' '", shown(RECEIVED_AT)]
    late = f"{time} > {RECEIVED_AT} + interval {table.clock_lead_minutes} minutes"
    return f"case when {late} then concat({', '.join(told)}) end"


def _future_reason(table: Table, now: dt.datetime, shown: Callable[[str], str]) -> str:
    """Whoever was received after now was not: one such row would move the newest snapshot day."""
    time = str(table.time_column)
    latest = now + dt.timedelta(minutes=table.clock_lead_minutes or 0)

    def told(name: str) -> str:
        words = quoted(" is later than the ingestion of the file")
        return f"concat({quoted(f'{name}: ')}, {shown(name)}, {words})"

    # A row without a receipt counts as received when it happened.
    return (
        f"case when {RECEIVED_AT} > timestamp '{latest}' then {told(RECEIVED_AT)} "
        f"when {RECEIVED_AT} is null and {time} > timestamp '{latest}' then {told(time)} end"
    )


def _shown(expression: str) -> str:
    return f"'''' || left(cast({expression} as varchar), 100) || ''''"


def _withheld(_: str) -> str:
    return quoted("value withheld,")


def _cast(column: Column, raw_name: str, raw_type: str) -> str:
    if raw_type == JSON:
        return _unless_nested(f"json_type(raw__{column.name})", _cast_text(column, raw_name))
    if raw_type == TEXT:
        return _cast_text(column, raw_name)
    if _is_nested(raw_type) or (column.data_type != "varchar" and _is_flag(raw_type, column)):
        return f"cast(null as {column.duckdb_type})"
    attempt = f"try_cast({raw_name} as {column.duckdb_type})"
    if column.data_type == "varchar":
        return f"nullif({attempt}, '')"
    if raw_type.startswith("TIMESTAMP WITH TIME ZONE"):
        raw_name, raw_type = f"({raw_name} at time zone 'UTC')", "TIMESTAMP"
        attempt = f"try_cast({raw_name} as {column.duckdb_type})"
    # What had to be rounded or cut to fit is not what landed.
    return f"case when try_cast({attempt} as {raw_type}) = {raw_name} then {attempt} end"


def _is_nested(raw_type: str) -> bool:
    return raw_type.startswith(NESTED) or raw_type.endswith("]")


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


def _unless_nested(json_type: str, value: str) -> str:
    """NULL for an object or a list: its JSON text is not what anybody meant by a text."""
    return f"case when coalesce({json_type} not in ('OBJECT', 'ARRAY'), true) then {value} end"


def _if_matches(raw_name: str, pattern: str, value: str) -> str:
    return f"case when regexp_full_match({raw_name}, '{pattern}') then {value} end"


def _cast_list(item: ListColumn, raw_type: str) -> str:
    raw_name = f"raw__{item.name}"
    if raw_type == JSON:
        elements = (
            f"case when json_type({raw_name}) = 'ARRAY' "
            f"and not list_has_any(json_type({raw_name}, '$[*]'), ['OBJECT', 'ARRAY']) "
            f"then cast(json_extract_string({raw_name}, '$[*]') as varchar[]) "
            f"when json_type({raw_name}) = 'NULL' or {raw_name} is null then [] end"
        )
    elif raw_type == TEXT:
        elements = f"string_split(coalesce({raw_name}, ''), {quoted(item.separator)})"
    elif raw_type.endswith("[]") and not _is_nested(raw_type.removesuffix("[]")):
        elements = f"coalesce(try_cast({raw_name} as varchar[]), [])"
    else:
        return "cast(null as varchar[])"
    return f"list_filter(list_transform({elements}, lambda e: trim(e)), lambda e: e <> '')"


def _json_elements(raw_name: str, raw_type: str) -> str:
    """The elements of a list of objects as JSON, whatever format they came in; NULL: no list."""
    match raw_type:
        case "JSON":
            document = raw_name
        case "VARCHAR":
            given = f"nullif({raw_name}, '')"
            document = f"case when json_valid({given}) then cast({given} as json) end"
        case _:
            document = f"to_json({raw_name})"
    return (
        f"case when json_type({document}) = 'ARRAY' then json_extract({document}, '$[*]') "
        f"when json_type({document}) = 'NULL' or nullif(cast({raw_name} as varchar), '') is null "
        "then cast([] as json[]) end"
    )


def _cast_objects(item: ListColumn) -> str:
    fields = ", ".join(
        f"{field.name} := "
        + _unless_nested(f"json_type(e, '$.{field.name}')", _cast_text(field, _element_text(field)))
        for field in item.fields
    )
    return f"list_transform(each__{item.name}, lambda e: struct_pack({fields}))"


def _element_text(field: Column) -> str:
    return f"json_extract_string(e, '$.{field.name}')"


def _element_reasons(item: ListColumn, shown: Callable[[str], str]) -> str:
    """Every fault of a list's elements, each with its place in the list and its field."""
    name = f"concat({quoted(item.name + '[')}, i, ']"
    faults = [f"case when json_type(e) <> 'OBJECT' then {name}: is no object') end"]
    for field in item.fields:
        value = f"{item.name}[i].{field.name}"
        reasons = _column_reasons(
            field, value, _element_text(field), f"{name}.{field.name}')", shown
        )
        faults.append(f"case when json_type(e) = 'OBJECT' then {reasons} end")
    told = f"nullif(concat_ws('; ', {', '.join(faults)}), '')"
    elements = f"list_transform(each__{item.name}, lambda e, i: {told})"
    found = f"array_to_string(list_filter({elements}, lambda t: t is not null), '; ')"
    return f"nullif({found}, '')"


def _column_reasons(
    column: Column, value: str, raw_value: str | None, name: str, shown: Callable[[str], str]
) -> str:
    """What is wrong with a value, or NULL.

    Args:
        column: the rules.
        value: the typed value in SQL.
        raw_value: what landed in SQL, None if nothing did.
        name: the value's name for the reader, in SQL.
        shown: how a value may be quoted.
    """
    hint = HINTS.get(column.data_type)
    expected = f"{column.data_type} ({hint})" if hint else column.data_type
    cases = []
    if raw_value is not None:
        cases.append(
            f"when {_given(raw_value)} and {value} is null "
            f"then {_not_a(name, shown(raw_value), expected)}"
        )
    if not column.is_nullable:
        cases.append(f"when {value} is null then concat({name}, ': is missing')")
    if column.data_type == "varchar" and column.name.endswith(IDENTIFIERS):
        told = quoted(" is a shortened number, its digits are gone (export the column as text)")
        cases.append(
            f"when contains({value}, '+') and regexp_full_match({value}, '{SHORTENED}') "
            f"then concat({name}, ': ', {shown(value)}, {told})"
        )
    if column.valid_values:
        values = ", ".join(quoted(valid) for valid in column.valid_values)
        told = quoted(f" is none of {', '.join(column.valid_values)}")
        # Not ``in``: DuckDB makes a join of a long one, and rows lose the order of the file.
        cases.append(
            f"when not list_contains([{values}], {value}) "
            f"then concat({name}, ': ', {shown(value)}, {told})"
        )
    if column.pattern:
        told = quoted(f" is not of the form {column.pattern}")
        cases.append(
            f"when not regexp_full_match({value}, {quoted(column.pattern)}) "
            f"then concat({name}, ': ', {shown(value)}, {told})"
        )
    if column.not_before:
        # In a list of objects the name stands behind the element.
        earlier = value.removesuffix(column.name) + column.not_before
        told = quoted(f" is before {column.not_before}")
        cases.append(f"when {value} < {earlier} then concat({name}, ': ', {shown(value)}, {told})")
    for bound, operator, word in ((column.minimum, "<", "below"), (column.maximum, ">", "above")):
        if bound is not None:
            told = quoted(f" is {word} {bound}")
            cases.append(
                f"when {value} {operator} {bound} then concat({name}, ': ', {shown(value)}, {told})"
            )
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"
