"""Reader for JSON lines: one object a line."""

from __future__ import annotations

import json
from pathlib import Path

from marquee.contract import Table
from marquee.ingest.casting import JSON, TEXT, quoted
from marquee.ingest.lines import DECODED


def raw_types(table: Table) -> dict[str, str]:
    """Every column may appear in any line; lists stay JSON until they are typed."""
    types = {column.name: TEXT for column in table.columns}
    return types | {item.name: JSON for item in table.lists}


def relation(path: Path, types: dict[str, str]) -> str:
    """The file as raw columns; reading it fails if any line is not a JSON object."""
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in types.items())
    return (
        f"(select * from read_json({quoted(str(path))}, format = 'newline_delimited', "
        f"auto_detect = false, maximum_object_size = 67108864, columns = {{{columns}}}))"
    )


def records(table: Table, lines: str) -> str:
    """A query over ``lines`` (see :func:`marquee.ingest.lines.lines_of`), one row a record.

    Columns ``row_number``, ``line_number``, ``raw_text``, ``_broken`` (why it is no object), and
    the raw columns.
    """
    types = raw_types(table)
    # The transformation that read_json applies too, so that both readers show a value alike.
    structure = quoted(json.dumps(types))
    fields = ", ".join(f"fields.{name}" for name in types)
    return f"""
        with decoded as ({DECODED.format(lines=lines)}),
        numbered as (
            select *, row_number() over (order by line_number) as row_number
            from decoded where trim(text) <> ''
        ),
        parsed as (
            select *, case when is_utf8 then try_cast(text as json) end as object from numbered
        ),
        judged as (
            select *, coalesce(json_type(object) = 'OBJECT', false) as is_object from parsed
        ),
        transformed as (
            select *,
                json_transform(case when is_object then object end, {structure}) as fields
            from judged
        )
        select
            row_number, line_number, text as raw_text, {fields},
            case
                when not is_utf8 then 'the line is not UTF-8'
                when object is null then 'the line is not valid JSON'
                when not is_object then 'the line is not a JSON object'
            end as _broken
        from transformed
    """
