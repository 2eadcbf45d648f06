"""Reader for CSV (RFC 4180): a header, quotes doubled inside quotes, line breaks inside quotes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from marquee.engine import quoted
from marquee.ingest.landing import FileRejectedError

UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
MAXIMUM_FIELDS = 900
"""RE2, which finds the broken records, repeats a group at most a thousand times."""

# DuckDB takes blanks around quotes, and one comma after the last field; so must the grammar.
QUOTED_FIELD = ' *"(?:[^"]|"")*" *'
PLAIN_FIELD = r'[^",\n][^,\n]*'
LINE_END = "chr(10) || chr(13)"
FIELD = f"({QUOTED_FIELD}|{PLAIN_FIELD}|)"


def header(path: Path, name: str) -> list[str]:
    """Names in the first record, in the file's order.

    Raises:
        FileRejectedError: if there is no usable header; the message says what to do.
    """
    with path.open("rb") as stream:
        first_line = stream.readline()
    if first_line.startswith(UTF_16_MARKS) or b"\0" in first_line:
        raise FileRejectedError(name, "it is not UTF-8 but probably UTF-16. Save it as UTF-8.")
    if b"\r" in first_line.rstrip(b"\r\n"):
        raise FileRejectedError(
            name, "its lines end with CR alone. Convert the line ends to LF or CR LF."
        )
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            names = [field.strip() for field in next(csv.reader(stream), [])]
    except csv.Error as error:
        raise FileRejectedError(name, f"its header can't be read ({error}).") from error
    if not any(names):
        raise FileRejectedError(
            name, "the file is empty, or its first line is. Begin it with the header line."
        )
    if len(names) == 1 and (other := next((c for c in ";\t|" if c in names[0]), None)):
        raise FileRejectedError(
            name, f"its fields are separated by {other!r}. Write it with commas between the fields."
        )
    # Told by their places: in a file without a header the first line holds values.
    unusable = [
        str(place)
        for place, field in enumerate(names, start=1)
        if not field or names.count(field) > 1 or place > MAXIMUM_FIELDS
    ]
    if unusable:
        raise FileRejectedError(
            name,
            f"of its {len(names)} column names, some are missing, there twice, or beyond the "
            f"{MAXIMUM_FIELDS} that are read: columns {', '.join(unusable[:20])}. Correct the "
            "header.",
        )
    return names


def relation(path: Path, names: Sequence[str], wanted: Sequence[str]) -> str:
    """The wanted columns of the file as raw text; reading it fails if any record is malformed.

    Args:
        path: the file.
        names: its header.
        wanted: some of the names, those of the contract; all others may be named anything.
    """
    columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(names)))
    chosen = ", ".join(f"c{names.index(name)} as {name}" for name in wanted)
    return (
        f"(select {chosen} from read_csv({quoted(str(path))}, auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', strict_mode = true, "
        f"max_line_size = 67108864, buffer_size = 134217728, columns = {{{columns}}}))"
    )


def records(field_count: int, lines: str) -> str:
    """A query over ``lines`` (see :class:`marquee.ingest.lines.Lines`), one row a record.

    Lines belong to one record while a quote is open. Where that gives no record, each of the lines
    is judged alone if the quotes are wrong (a stray one would swallow the rest of the file) or if
    one of the lines is a record by itself: the damage ends with the damaged line. Otherwise the
    lines are one broken record.

    Columns ``row_number`` (0 is the header), ``line_number`` (of the first line), ``first_byte``,
    ``end_byte`` and ``broken``: NULL, or why it is no record. Blank lines are none.
    """
    record = f"{FIELD}(,{FIELD}){{{field_count - 1}}},?"
    fields = f"{FIELD}(,{FIELD})*"
    return f"""
        with lines as (
            select * replace (rtrim(text, {LINE_END}) as text) from {lines}
        ),
        opened as (
            select
                line_number,
                coalesce(sum(length(text) - length(replace(text, '"', ''))) over (
                    order by line_number rows between unbounded preceding and 1 preceding
                ), 0) % 2 = 1 as is_inside
            from lines
        ),
        grouped as (
            select
                line_number,
                sum(case when is_inside then 0 else 1 end) over (order by line_number) as first_line
            from opened
        ),
        sizes as (
            select first_line, count(*) as line_count from grouped group by first_line
        ),
        members as (
            select
                lines.*, grouped.first_line, sizes.line_count,
                lines.is_utf8 and regexp_full_match(lines.text, '{record}') as is_record
            from lines
            inner join grouped on lines.line_number = grouped.line_number
            inner join sizes on grouped.first_line = sizes.first_line
        ),
        several as (
            select
                first_line,
                min(line_number) as line_number,
                min(first_byte) as first_byte,
                max(end_byte) as end_byte,
                string_agg(text, chr(10) order by line_number) as text,
                bool_and(is_utf8) as is_utf8,
                bool_or(is_record) as holds_a_record
            from members where line_count > 1 group by first_line
        ),
        judged as (
            select
                *,
                is_utf8 and regexp_full_match(text, '{record}') as is_record,
                not is_utf8 or regexp_full_match(text, '{fields}') as is_quoted_well
            from several
        ),
        whole as (
            select * from judged where is_record or (is_quoted_well and not holds_a_record)
        ),
        recovered as (
            select line_number, first_byte, end_byte, text, is_utf8, is_record from whole
            union all
            select line_number, first_byte, end_byte, text, is_utf8, is_record
            from members where first_line not in (select first_line from whole)
        )
        select
            row_number() over (order by line_number) - 1 as row_number,
            line_number, first_byte, end_byte,
            case
                when not is_utf8 then 'the line is not UTF-8'
                when not is_record then 'the line does not have {field_count} fields'
            end as broken
        from recovered where text <> ''
    """
