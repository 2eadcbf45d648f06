"""Repaired records on their way back: landed files that say which quarantined rows they stand for.

A repaired file is a file of JSON lines below ``landing/_repaired/<source>/<table>/``, made by
``marquee quarantine replay`` and by nothing else. It goes through the same typing and checks as any
other file, and is in the lake when its manifest row is. What is added here: a quarantined row is
taken by one record only, whatever lands and in whatever order.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import duckdb
import pyarrow as pa

from marquee.contract import Contract, Table
from marquee.engine import one_row, quoted
from marquee.ingest.formats import Format
from marquee.ingest.lake import Lake
from marquee.ingest.landing import FileRejectedError, LandedFile
from marquee.ingest.reading import FAULTY, GOOD, ROW_NUMBER, FileColumns

FOLDER = "_repaired"
"""Below the landing root; only its owner may read it, because the texts come from the vault."""
# No column of a contract begins with an underscore.
ORIGIN_FILE_KEY = "_origin_file_key"
ORIGIN_ROW_NUMBER = "_origin_row_number"
DROPPED_BECAUSE = "_dropped_because"
ORIGIN_FIELDS = (ORIGIN_FILE_KEY, ORIGIN_ROW_NUMBER, DROPPED_BECAUSE)
"""Fields of every record of a repaired file, besides those of its table."""
SETTLED = "settled_origins"
"""Temporary table: what became of each record of the repaired file that is being read."""
FILE_NAME = re.compile(r"repaired_([0-9]{6})(?:_([0-9]{4}-[0-9]{2}-[0-9]{2}))?\.jsonl")


class Outcome(StrEnum):
    """What became of a repaired record."""

    LOADED = "loaded"
    QUARANTINED = "quarantined"
    """Still faulty: it is open in the place of its origin, with its new reason."""
    DROPPED = "dropped"
    """Somebody declared that nothing is to be loaded for it."""
    REFUSED = "refused"
    """Its origin is not open: replayed already, or loaded when the lake was made anew."""


CLOSED = f"('{Outcome.DROPPED}', '{Outcome.REFUSED}')"


def is_repaired(file: LandedFile) -> bool:
    """True for a file that ``replay`` has landed."""
    return file.name.startswith(f"{FOLDER}/")


def repaired_name(table: Table, number: int, extract_date: dt.date | None) -> str:
    """Name of a repaired file, relative to the landing root; numbers rise within a table."""
    day = f"_{extract_date}" if extract_date else ""
    return f"{FOLDER}/{table.source}/{table.name}/repaired_{number:06}{day}.jsonl"


def repaired_files(landing: Path, contract: Contract) -> Iterator[LandedFile]:
    """The repaired files of all tables, each table's in the order in which they were made.

    A file can repair what an earlier one left open, so this order is part of what they say.
    """
    for table in contract.landed():
        for path in sorted((landing / FOLDER / table.source / table.name).glob("*.jsonl")):
            if match := FILE_NAME.fullmatch(path.name):
                day = dt.date.fromisoformat(match[2]) if match[2] else None
                name = path.relative_to(landing).as_posix()
                yield LandedFile(
                    path=path,
                    name=name,
                    table=table,
                    format=Format.JSON_LINES,
                    compression=None,
                    extract_date=day,
                )


def open_rows(lake: Lake) -> str:
    """The rows of the quarantine that wait for somebody, as a relation with its columns.

    Open is what no repaired record stands for, and what is neither dropped nor refused itself.
    """
    return f"(select * exclude (is_open, replayed_by) from {all_rows(lake)} where is_open)"


def all_rows(lake: Lake) -> str:
    """The rows of the quarantine with ``is_open`` and ``replayed_by``, the key of a file."""
    return f"""(
        select
            quarantined.*,
            takers.file_key as replayed_by,
            takers.file_key is null
            and coalesce(own.replay_outcome, '') not in {CLOSED} as is_open
        from {lake.quarantine()} as quarantined
        inner join {lake.manifest()} as manifest
            on quarantined.file_key = manifest.file_key
        left join {_committed(lake)} as takers
            on
                quarantined.file_key = takers.origin_file_key
                and quarantined.row_number = takers.origin_row_number
                and takers.replay_outcome <> '{Outcome.REFUSED}'
        left join {_committed(lake)} as own
            on
                quarantined.file_key = own.file_key
                and quarantined.row_number = own.row_number
    )"""


def _committed(lake: Lake) -> str:
    # A killed run may have left the ledger of a file that is not in the lake.
    return (
        f"(select * from {lake.replays()} "
        f"where file_key in (select file_key from {lake.manifest()}))"
    )


def settle(
    connection: duckdb.DuckDBPyConnection, lake: Lake, file: LandedFile, columns_read: FileColumns
) -> FileColumns:
    """Hold the records of a repaired file against the quarantine, after they have been read.

    Makes the table ``settled_origins`` (row_number, origin_file_key, origin_row_number,
    replay_outcome), and moves what may not be loaded from ``good_rows`` to ``faulty_records``.

    Args:
        connection: where :func:`marquee.ingest.reading.read_file` has put its relations.
        lake: what is in it is what can be open.
        file: the repaired file.
        columns_read: the columns that were read.

    Returns:
        The columns of the table's own; a repaired file lacks none, because it has those of the
        records that were repaired.

    Raises:
        FileRejectedError: if it can't be told for which rows its records stand.
    """
    connection.register("landed_origins", _origins(file))
    (strangers,) = one_row(
        connection,
        f"""
        select count(*) from landed_origins as origins
        left join {lake.manifest()} as manifest
            on
                origins.origin_file_key = manifest.file_key
                and manifest.source_name = {quoted(file.table.source)}
                and manifest.table_name = {quoted(file.table.name)}
                and manifest.extract_date is not distinct from {_date(file.extract_date)}
        where manifest.file_key is null
        """,
    )
    if strangers:
        raise FileRejectedError(
            file.name,
            f"{strangers} of its records repair rows of files of {file.table.full_name} that are "
            "not in the lake. Land those files again, or remove this one.",
        )
    connection.execute(
        f"""
        create or replace temp table {SETTLED} as
        with ranked as (
            select
                origins.*,
                quarantined.file_key is not null and row_number() over (
                    partition by origins.origin_file_key, origins.origin_row_number
                    order by origins.row_number
                ) = 1 as is_taking
            from landed_origins as origins
            left join {open_rows(lake)} as quarantined
                on
                    origins.origin_file_key = quarantined.file_key
                    and origins.origin_row_number = quarantined.row_number
        )
        select
            ranked.row_number, ranked.origin_file_key, ranked.origin_row_number, ranked.raw_text,
            ranked.dropped_because, faulty.reason,
            case
                when not is_taking then '{Outcome.REFUSED}'
                when dropped_because is not null then '{Outcome.DROPPED}'
                when faulty.row_number is not null then '{Outcome.QUARANTINED}'
                else '{Outcome.LOADED}'
            end as replay_outcome
        from ranked
        left join {FAULTY} as faulty on ranked.row_number = faulty.row_number
        """
    )
    connection.execute(f"create or replace temp table read_rows as from {GOOD}")
    connection.execute(
        f"create or replace temp view {GOOD} as select read_rows.* from read_rows "
        f"inner join {SETTLED} on read_rows.{ROW_NUMBER} = {SETTLED}.row_number "
        f"where replay_outcome = '{Outcome.LOADED}'"
    )
    connection.execute(
        f"""
        create or replace temp table {FAULTY} as
        select
            row_number, row_number as line_number, raw_text,
            case replay_outcome
                when '{Outcome.REFUSED}' then concat(
                    'row ', origin_row_number, ' of file ', origin_file_key,
                    ' is not open: it was replayed or loaded already'
                )
                when '{Outcome.DROPPED}' then concat('dropped by hand: ', dropped_because)
                else reason
            end as reason
        from {SETTLED} where replay_outcome <> '{Outcome.LOADED}'
        """
    )
    connection.unregister("landed_origins")
    unknown = tuple(name for name in columns_read.unknown if name not in ORIGIN_FIELDS)
    return replace(columns_read, unknown=unknown, missing=())


def settled_count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many quarantined rows the file has settled, of those before it and of its own."""
    (count,) = one_row(
        connection,
        f"select count(*) filter (where replay_outcome <> '{Outcome.REFUSED}') "
        f"+ count(*) filter (where replay_outcome in {CLOSED}) from {SETTLED}",
    )
    return int(count)


def _origins(file: LandedFile) -> pa.Table:
    rows = []
    with file.path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                record = json.loads(line)
                key, row = record[ORIGIN_FILE_KEY], record[ORIGIN_ROW_NUMBER]
                reason = record.get(DROPPED_BECAUSE)
                if not isinstance(key, str) or type(row) is not int:
                    raise ValueError
            except (ValueError, KeyError, TypeError, AttributeError):
                raise FileRejectedError(
                    file.name,
                    f"line {number} does not say for which quarantined row it stands. Such files "
                    "are made by marquee quarantine replay; don't change them.",
                ) from None
            text = None if reason is None else str(reason)
            rows.append((number, key, row, text, line.rstrip("\n")))
    names = ("row_number", "origin_file_key", "origin_row_number", "dropped_because", "raw_text")
    types = (pa.int64(), pa.string(), pa.int64(), pa.string(), pa.string())
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def _date(day: dt.date | None) -> str:
    return f"date '{day}'" if day else "cast(null as date)"
