"""Reader for JSON lines: one object a line."""

from __future__ import annotations

from pathlib import Path

from marquee.contract import Table
from marquee.engine import quoted
from marquee.ingest.casting import JSON, TEXT

BLANKS = "chr(32) || chr(9) || chr(13) || chr(10)"


def raw_types(table: Table) -> dict[str, str]:
    """Every column may appear in any line; lists stay JSON until they are typed."""
    types = {column.name: TEXT for column in table.landed_columns}
    return types | {item.name: JSON for item in table.lists}


def relation(path: Path, types: dict[str, str]) -> str:
    """The file as raw columns; reading it fails if any line is not a JSON object."""
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in types.items())
    return (
        f"(select * from read_json({quoted(str(path))}, format = 'newline_delimited', "
        f"auto_detect = false, maximum_object_size = 67108864, columns = {{{columns}}}))"
    )


def keys_query(path: Path) -> str:
    """A query over a file that can be read: every key of its objects once, as ``name``."""
    return (
        "select distinct unnest(json_keys(json)) as name "
        f"from read_json_objects({quoted(str(path))}, format = 'newline_delimited', "
        "maximum_object_size = 67108864)"
    )


def records(lines: str, unit: str = "line") -> str:
    """A query over ``lines`` (see :class:`marquee.ingest.lines.Lines`), one row a record.

    Columns ``row_number`` (from 1), ``line_number``, ``first_byte``, ``end_byte`` and ``broken``:
    NULL, or why the line (to the reader: ``unit``) is no object. Blank lines are no records.
    """
    return f"""
        select
            row_number() over (order by line_number) as row_number,
            line_number, first_byte, end_byte,
            case
                when not is_utf8 then 'the {unit} is not UTF-8'
                when not json_valid(text) then 'the {unit} is not valid JSON'
                when not (starts_with(text, '{{') or starts_with(ltrim(text), '{{'))
                    then 'the {unit} is not a JSON object'
            end as broken
        from {lines}
        -- Trimming is slow, and a long line is not blank.
        where strlen(text) >= 40 or trim(text, {BLANKS}) <> ''
    """
