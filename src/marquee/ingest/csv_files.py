"""Reader for CSV (RFC 4180): a header, quotes doubled inside quotes, line breaks inside quotes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from marquee.ingest.casting import quoted
from marquee.ingest.lines import DECODED

QUOTED_FIELD = '"(?:[^"]|"")*"'
PLAIN_FIELD = r'[^",\n][^,\n]*'
FIELD = f"({QUOTED_FIELD}|{PLAIN_FIELD}|)"


def header(path: Path) -> list[str]:
    """Names in the first record, in the file's order; empty for an empty file."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        return [name.strip() for name in next(csv.reader(stream), [])]


def relation(path: Path, names: Sequence[str]) -> str:
    """The file as raw text columns; reading it fails at the first malformed record."""
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    return (
        f"(select * from read_csv({quoted(str(path))}, auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', strict_mode = true, "
        f"max_line_size = 67108864, columns = {{{columns}}}))"
    )


def records(names: Sequence[str], lines: str) -> str:
    """A query over ``lines`` (see :func:`marquee.ingest.lines.lines_of`), one row a record.

    Lines belong to one record while a quote is open. Where that gives no record, each of the lines
    is judged alone if the quotes are wrong (a stray one would swallow the rest of the file) or if
    one of the lines is a record by itself: the damage ends with the damaged line. Otherwise the
    lines are one broken record.

    Columns ``row_number``, ``line_number`` (of the first line), ``raw_text``, ``_broken`` (why it
    is no record), and the raw columns.
    """
    well_formed = f"{FIELD}(,{FIELD}){{{len(names) - 1}}}"
    well_quoted = f"{FIELD}(,{FIELD})*"
    pattern = ",".join([FIELD] * len(names))
    groups = ", ".join(f"'f{index}'" for index in range(len(names)))
    fields = ", ".join(
        f"case when fields.f{index}[1] = '\"' "
        f"then replace(fields.f{index}[2:-2], '\"\"', '\"') else fields.f{index} end "
        f'as "{name}"'
        for index, name in enumerate(names)
    )
    return f"""
        with decoded as ({DECODED.format(lines=lines)}),
        counted as (
            select *, length(text) - length(replace(text, '"', '')) as quotes from decoded
        ),
        opened as (
            select *,
                coalesce(sum(quotes) over (
                    order by line_number rows between unbounded preceding and 1 preceding
                ), 0) % 2 = 1 as is_inside
            from counted
        ),
        grouped as (
            select *,
                sum(case when is_inside then 0 else 1 end) over (order by line_number) as record
            from opened
        ),
        joined as (
            select
                record,
                min(line_number) as line_number,
                rtrim(string_agg(text, chr(10) order by line_number), chr(13)) as text,
                bool_and(is_utf8) as is_utf8,
                count(*) as line_count
            from grouped group by record
        ),
        judged as (
            select *, is_utf8 and regexp_full_match(text, '{well_formed}') as is_record from joined
        ),
        alone as (
            select
                grouped.record,
                grouped.line_number,
                rtrim(grouped.text, chr(13)) as text,
                grouped.is_utf8,
                grouped.is_utf8
                and regexp_full_match(rtrim(grouped.text, chr(13)), '{well_formed}') as is_record
            from grouped inner join judged on grouped.record = judged.record
            where not judged.is_record and judged.line_count > 1
        ),
        separated as (
            select judged.record
            from judged inner join alone on judged.record = alone.record
            group by judged.record, judged.text
            having bool_or(alone.is_record)
                or not regexp_full_match(judged.text, '{well_quoted}')
        ),
        recovered as (
            select line_number, text, is_utf8, is_record from judged
            where record not in (select record from separated)
            union all
            select line_number, text, is_utf8, is_record from alone
            where record in (select record from separated)
        ),
        numbered as (
            select *, row_number() over (order by line_number) - 1 as row_number
            from recovered where text <> ''
        ),
        split as (
            select *,
                case when is_record then regexp_extract(text, '^{pattern}$', [{groups}]) end
                    as fields
            from numbered
        )
        select
            row_number, line_number, text as raw_text, {fields},
            case
                when not is_utf8 then 'the line is not UTF-8'
                when not is_record then 'the line does not have {len(names)} fields'
            end as _broken
        from split where row_number > 0
    """
