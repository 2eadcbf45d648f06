"""Rows of customers out of landing and lake, in an order that makes every step safe to repeat.

First the list that keeps files from bringing a customer back. Then merged files of the lake become
one for each landed file again, and what they were made of is removed. Then, file by file, the lake
with its manifest, which from then on knows what is left of the landed file and refuses what it was.
Then the landed file itself. After a kill the same command does what is left to do.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb

from marquee.contract import Table
from marquee.engine import connect, limit_memory, one_row, parquet, quoted
from marquee.extracts import remove_unfinished
from marquee.forgetting.landed import Rest, rests
from marquee.forgetting.models import remove_versions, versions_since, versions_that_name
from marquee.forgetting.names import Customers
from marquee.forgetting.proof import Forgetting
from marquee.ingest.compaction import remove_superseded, separate
from marquee.ingest.forgotten import CUSTOMER, ForgottenCustomers
from marquee.ingest.lake import (
    FILE_KEY,
    GENERATION_KEY,
    MANIFEST,
    PROFILES,
    QUARANTINE,
    QUARANTINED_TEXTS,
    REPLAYS,
    Lake,
)
from marquee.ingest.profiles import Profiled, profile_query
from marquee.ingest.reading import ROW_NUMBER
from marquee.ingest.repaired import CLOSED, Outcome
from marquee.ingest.rewriting import replace_landed
from marquee.log import LOG
from marquee.paths import Paths

NO_CONTENT = "0" * 64
"""Hash of what is left of a file that was not in landing any more: no file has it."""


def forget_in_lake(
    paths: Paths, lake: Lake, customers: Customers, retire_models: bool
) -> Forgetting:
    """Take customers out of everything up to the lake. The caller holds the lock.

    Args:
        paths: the deployment.
        lake: an initialised lake.
        customers: who; ids that nobody has go on the list all the same.
        retire_models: True to remove all model versions that may have been trained with them, so
            that the next build trains anew; those that name one of them go in any case.

    Raises:
        HashKeyError: if the key of the lake is not at hand.
        FileRejectedError: if a landed file can't be written anew; nothing of it was changed.
    """
    LOG.info("forgetting %d customers", len(customers.ids))
    forgotten = ForgottenCustomers(lake)
    done = Forgetting(sorted(map(forgotten.hash_of, customers.ids)))
    forgotten.add(customers.ids)
    lake.clear_workspaces()
    remove_unfinished(paths.landing)
    counts: Counter[str] = Counter()
    with connect() as connection:
        limit_memory(connection, lake.spill)
        eraser = _Eraser(connection, lake, customers)
        affected = eraser.affected_files()
        eraser.separate(affected)
        # Whoever reads by an older manifest is cut off: the rows must not outlast this command.
        remove_superseded(connection, lake, keys_in_use=(), grace_seconds=0)
        since = eraser.first_ingestion(affected)
        left = list(rests(paths, lake, connection, forgotten, affected))
        for file_key, table in affected.items():
            rest = next((rest for rest in left if rest.file_key == file_key), None)
            counts.update(eraser.erase(file_key, table, rest))
        eraser.settle_again()
        known = lake.known_contents(connection).present
        for rest in left:
            if rest.file.file_key(rest.content_sha256) not in known:
                lake.recognise(connection, rest.file_key, rest.content_sha256)
            replace_landed(rest.file, rest.path)
            done.landed_files.append(rest.file.name)
        _forget_repairs(lake, customers)
        trained = versions_since(connection, lake, since) if since else set()
        retired = versions_that_name(connection, lake, customers)
        if retire_models:
            retired |= trained
        remove_versions(connection, lake, retired)
    done.model_versions = sorted(trained)
    done.retired_versions = sorted(retired)
    done.row_counts = dict(sorted(counts.items()))
    return done


def _forget_repairs(lake: Lake, customers: Customers) -> None:
    """Exports for repairing by hand have the texts of rows."""
    for path in sorted(lake.repairs.glob("*")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        kept = [line for line in lines if not customers.named_in(line)]
        if kept != lines:
            lake.write_private("".join(kept).encode(), path)


class _Eraser:
    """Takes rows out of the files of a lake."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, lake: Lake, customers: Customers
    ) -> None:
        self.connection = connection
        self.lake = lake
        self.customers = customers
        self.texts = lake.contract.table(*QUARANTINED_TEXTS)

    def affected_files(self) -> dict[str, Table]:
        """Files with rows of the customers, and those that a kill left with an older manifest."""
        found: dict[str, Table] = {}
        for table in self.lake.contract.landed():
            if CUSTOMER not in table.landed_names:
                continue
            rows = self.connection.execute(
                f"""
                with counted as (
                    select {FILE_KEY} as key, count(*) as row_count,
                        count(*) filter (where not {self.customers.others}) as own_count
                    from {self.lake.files(table)} group by 1
                )
                select manifest.file_key
                from {self.lake.manifest()} as manifest
                left join counted on {GENERATION_KEY} = counted.key
                where source_name = {quoted(table.source)} and table_name = {quoted(table.name)}
                    and (own_count > 0 or coalesce(row_count, 0) <> loaded_row_count)
                order by load_id
                """
            ).fetchall()
            found |= dict.fromkeys([*(key for (key,) in rows), *self._with_faulty(table)], table)
        return found

    def _with_faulty(self, table: Table) -> Iterator[str]:
        rows = self.connection.execute(
            f"""
            select manifest.file_key, concat_ws(' ', reason, raw_text),
                count(quarantined.file_key) over (
                    partition by manifest.file_key
                ) <> quarantined_row_count as is_behind
            from {self.lake.manifest()} as manifest
            left join {self.lake.quarantine()} as quarantined
                on manifest.file_key = quarantined.file_key
            left join {self.lake.quarantined_texts()} as texts
                on quarantined.file_key = texts.file_key
                and quarantined.row_number = texts.row_number
            where manifest.source_name = {quoted(table.source)}
                and manifest.table_name = {quoted(table.name)}
            """
        ).fetchall()
        for file_key, text, is_behind in rows:
            if is_behind or self.customers.named_in(text):
                yield file_key

    def separate(self, affected: Mapping[str, Table]) -> None:
        """Let affected files stand alone, and all files beside rows of the customers.

        Also beside rows that nobody reads: a compaction that was killed leaves such.
        """
        for table in self.lake.contract.landed():
            if CUSTOMER not in table.landed_names:
                continue
            own = [key for key, of_table in affected.items() if of_table == table]
            rows = self.connection.execute(
                f"""
                select distinct lake_path from {self.lake.manifest()}
                where generation_key is not null and (
                    list_contains(?, file_key) or list_contains(?, lake_path)
                )
                """,
                [own, self._files_with_rows(table)],
            ).fetchall()
            separate(self.connection, self.lake, table, {path for (path,) in rows})

    def _files_with_rows(self, table: Table) -> list[str]:
        """As the manifest has their paths."""
        rows = self.connection.execute(
            f"select distinct filename from {self.lake.files(table)} "
            f"where not {self.customers.others}"
        ).fetchall()
        return [Path(name).relative_to(self.lake.root).as_posix() for (name,) in rows]

    def first_ingestion(self, file_keys: Iterable[str]) -> dt.datetime | None:
        """When the first of some files came in; None without files."""
        keys = ", ".join(map(quoted, file_keys))
        if not keys:
            return None
        first: dt.datetime | None
        (first,) = one_row(
            self.connection,
            f"select min(ingested_at) from {self.lake.manifest()} where file_key in ({keys})",
        )
        return first

    def erase(self, file_key: str, table: Table, rest: Rest | None) -> dict[str, int]:
        """Write every part of a file anew, its rows late and its manifest row last.

        Returns:
            Rows taken out, by table.
        """
        rows = self._part(table, file_key)
        stay = f"(select {ROW_NUMBER} from {parquet(rows)} where {self.customers.others})"
        taken = self._erase_faulty(file_key)
        for other in (*(item.child for item in table.lists), table.vault):
            if other:
                part = self._part(other, file_key)
                taken[other.full_name] = self._filter(other, part, f"{ROW_NUMBER} in {stay}")
        self._write_profiles(file_key, table, stay)
        taken[table.full_name] = self._filter(table, rows, self.customers.others)
        self._write_manifest(file_key, table, rows, rest)
        return {name: count for name, count in taken.items() if count}

    def settle_again(self) -> None:
        """Count anew which quarantined rows each repaired file has settled: some are gone."""
        keys = self.connection.execute(
            f"select distinct file_key from {self.lake.replays()} "
            f"where file_key in (select file_key from {self.lake.manifest()})"
        ).fetchall()
        for (file_key,) in keys:
            manifest = self.lake.ledger_path(MANIFEST, file_key)
            rows = self.lake.rows_of(self.connection, file_key)
            ledger = self.lake.ledger_path(REPLAYS, file_key)
            left = (
                f"row_number in (select {ROW_NUMBER} from {rows} union all "
                f"select row_number from {self.lake.quarantine()} "
                f"where file_key = {quoted(file_key)})"
            )
            self._filter(self.lake.contract.table(*REPLAYS), ledger, left)
            settled = (
                "(select coalesce(sum("
                f"case when replay_outcome <> '{Outcome.REFUSED}' and origins.file_key is not null "
                f"then 1 else 0 end + case when replay_outcome in {CLOSED} then 1 else 0 end), 0) "
                f"from {parquet(ledger)} as replayed left join {self.lake.quarantine()} as origins "
                "on replayed.origin_file_key = origins.file_key "
                "and replayed.origin_row_number = origins.row_number)"
            )
            (is_same,) = one_row(
                self.connection,
                f"select settled_row_count = {settled} from {parquet(manifest)}",
            )
            if not is_same:
                changed = {"settled_row_count": settled}
                self.lake.change_manifest(self.connection, file_key, changed)

    def _erase_faulty(self, file_key: str) -> dict[str, int]:
        records = self.lake.ledger_path(QUARANTINE, file_key)
        if not records.exists():
            return {}
        ledger, part = self.lake.contract.table(*QUARANTINE), self._part(self.texts, file_key)
        rows = self.connection.execute(
            "select records.row_number, concat_ws(' ', reason, raw_text) "
            f"from {parquet(records)} as records left join {parquet(part)} as texts "
            "on records.row_number = texts.row_number"
        ).fetchall()
        theirs = [str(number) for number, text in rows if self.customers.named_in(text)]
        stay = f"row_number not in ({', '.join(theirs)})" if theirs else "true"
        # The texts last: they tell whose the records are.
        taken = self._filter(ledger, records, stay)
        self._filter(self.texts, part, f"row_number in (select row_number from {parquet(records)})")
        return {ledger.full_name: taken}

    def _write_profiles(self, file_key: str, table: Table, stay: str) -> None:
        """Measure what is left: a bound could be the id of somebody."""
        path = self.lake.ledger_path(PROFILES, file_key)
        landed = self.connection.execute(
            f"select source_name, table_name, column_name, is_landed from {parquet(path)}"
        ).fetchall()
        left = (
            f"(select * from {parquet(self._part(table, file_key))} where {ROW_NUMBER} in {stay})"
        )
        relations = {table: left}
        relations |= {item.child: parquet(self._part(item.child, file_key)) for item in table.lists}
        if table.vault:
            names = ", ".join(column.name for column in table.vault.columns[len(table.key) :])
            # Where nobody is named the vault has no row, but the file had one.
            relations[table.vault] = (
                f"(select {names} from {left} as plain "
                f"left join {parquet(self._part(table.vault, file_key))} as vault "
                f"on plain.{ROW_NUMBER} = vault.{ROW_NUMBER})"
            )
        parts = []
        for own, relation in relations.items():
            is_landed = {name: at for *where, name, at in landed if where == [own.source, own.name]}
            columns = [column for column in own.columns if column.name in is_landed]
            parts.append(
                Profiled(own, columns, relation, frozenset(n for n, at in is_landed.items() if at))
            )
        ledger = self.lake.contract.table(*PROFILES)
        kept = {
            "file_key": quoted(file_key),
            "load_id": f"(select min(load_id) from {parquet(path)})",
        }
        names = ", ".join(f"{kept.get(c.name, c.name)} as {c.name}" for c in ledger.columns)
        self.lake.write_file(
            self.connection,
            ledger,
            f"select {names} from ({profile_query(parts)}) "
            "order by source_name, table_name, column_name",
            path,
        )

    def _write_manifest(self, file_key: str, table: Table, rows: Path, rest: Rest | None) -> None:
        records = self.lake.ledger_path(QUARANTINE, file_key)
        loaded = f"(select count(*) from {parquet(rows)})"
        faulty = f"(select count(*) from {parquet(records)})" if records.exists() else "0"
        time = table.time_column
        self.lake.change_manifest(
            self.connection,
            file_key,
            {
                "loaded_row_count": loaded,
                "quarantined_row_count": faulty,
                "landed_row_count": f"{loaded} + {faulty}",
                "content_sha256": quoted(rest.content_sha256 if rest else NO_CONTENT),
                # The size of a file that is gone is not known; but it was larger.
                "byte_count": str(rest.path.stat().st_size)
                if rest
                else f"greatest(0, byte_count - landed_row_count + {loaded} + {faulty})",
                "first_event_at": f"(select min({time}) from {parquet(rows)})" if time else "null",
                "last_event_at": f"(select max({time}) from {parquet(rows)})" if time else "null",
            },
        )

    def _filter(self, table: Table, path: Path, stay: str) -> int:
        before, after = one_row(
            self.connection, f"select count(*), count(*) filter (where {stay}) from {parquet(path)}"
        )
        if before != after:
            query = f"select * from {parquet(path)} where {stay}"
            self.lake.write_file(self.connection, table, query, path)
        return int(before - after)

    def _part(self, table: Table, file_key: str) -> Path:
        """The file of a table that came with a landed file."""
        return next(self.lake.folder(table).glob(f"*/{file_key}.parquet"))
