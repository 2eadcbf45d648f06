"""Temporary tables and files: their names, their life, and the removal of what killed runs left."""

import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError

from dbt.adapters.trino_python.storage import Storage
from dbt.adapters.trino_python.trino_types import literal, quote

logger = AdapterLogger("TrinoPython")

Query = Callable[[str], list[list[Any]]]

_TIME_FORMAT = "%Y%m%dt%H%M%S"
# The time of birth is in the name: a leftover is recognised without asking the storage for times,
# which object stores do not keep for folders.
_NAME = re.compile(r"dbt_python_(\d{8}t\d{6})_[0-9a-f]{12}_[a-z]+")


def staged_name(purpose: str) -> str:
    """Return a new unique name for a temporary table or folder.

    Args:
        purpose: A word of lower-case letters, to be recognised in query logs.
    """
    return f"dbt_python_{datetime.now(UTC):{_TIME_FORMAT}}_{uuid.uuid4().hex[:12]}_{purpose}"


def born_at(name: str) -> datetime | None:
    """Return when a temporary name was made (UTC), None if it is not one of ours."""
    match = _NAME.fullmatch(name)
    return datetime.strptime(match[1], _TIME_FORMAT).replace(tzinfo=UTC) if match else None


@dataclass(frozen=True)
class StagingTarget:
    """Where temporary tables and files are.

    Attributes:
        catalog: Trino catalogue with the Hive connector.
        schema: Schema in it.
        location: URI of the folder, without a slash at its end.
    """

    catalog: str
    schema: str
    location: str

    @property
    def rendered_schema(self) -> str:
        """The schema as SQL names it."""
        return f"{quote(self.catalog)}.{quote(self.schema)}"

    def table(self, name: str) -> str:
        """A table of the schema as SQL names it."""
        return f"{self.rendered_schema}.{quote(name)}"

    def folder(self, name: str) -> str:
        """URI of a folder in the location."""
        return f"{self.location}/{name}"


class StagingArea:
    """The staging schema and folder of one dbt process, shared by its threads."""

    def __init__(self, target: StagingTarget, storage: Storage, retention: timedelta) -> None:
        """Remember where things are.

        Args:
            target: Schema and folder.
            storage: Reaches the folder.
            retention: Age at which tables and folders count as left over.
        """
        self.target = target
        self.storage = storage
        self._retention = retention
        self._lock = threading.Lock()
        self._is_prepared = False
        # Whether Trino has been seen to read what this process wrote.
        self.is_shared = False

    def prepare(self, query: Query) -> None:
        """Create schema and folder if they are not there, and remove leftovers; once a process.

        Args:
            query: Runs one statement on the connection of the current thread.

        Raises:
            DbtRuntimeError: If the folder or the schema cannot be made.
        """
        with self._lock:
            if self._is_prepared:
                return
            self._create_folder()
            self._create_schema(query)
            self._remove_leftovers(query)
            self._is_prepared = True

    def _create_folder(self) -> None:
        try:
            self.storage.create_folder(self.target.location)
        except (OSError, ValueError) as error:
            raise DbtRuntimeError(
                f"The folder of the profile field `staging_location`, {self.target.location!r}, "
                f"cannot be reached from this machine: {error}"
            ) from error

    def _create_schema(self, query: Query) -> None:
        target = self.target
        statement = (
            f"create schema if not exists {target.rendered_schema} "
            f"with (location = {literal(target.location)})"
        )
        try:
            query(statement)
        except DbtDatabaseError as error:
            # Another process may have made it between Trino's look and Trino's creation.
            existing = query(
                f"select 1 from {quote(target.catalog)}.information_schema.schemata "
                f"where schema_name = {literal(target.schema)}"
            )
            if not existing:
                raise DbtRuntimeError(
                    f"The schema of the profile field `staging_schema`, {target.rendered_schema}, "
                    f"does not exist and cannot be created: {error}"
                ) from error

    def _remove_leftovers(self, query: Query) -> None:
        oldest = datetime.now(UTC) - self._retention
        rows = query(
            "select table_name, table_type from "
            f"{quote(self.target.catalog)}.information_schema.tables "
            f"where table_schema = {literal(self.target.schema)}"
        )
        for name, table_type in rows:
            if _is_older(name, oldest):
                logger.info(f"Removing {name}, left over by a run that was killed.")
                self.drop(query, name, is_view=table_type == "VIEW")
        try:
            folders = self.storage.folder_names(self.target.location)
        except OSError as error:
            # Tidying up is no reason to fail a model; writing will show whether there is one.
            logger.warning(f"{self.target.location} could not be searched for leftovers: {error}")
            return
        for name in folders:
            if _is_older(name, oldest):
                self.remove_files(name)

    def drop(self, query: Query, name: str, *, is_view: bool = False) -> None:
        """Drop a temporary table or view; a failure is logged, as the next run will do it."""
        kind = "view" if is_view else "table"
        try:
            query(f"drop {kind} if exists {self.target.table(name)}")
        except DbtRuntimeError as error:
            logger.warning(f"The staged {kind} {name} could not be dropped: {error}")

    def remove_files(self, name: str) -> None:
        """Remove a temporary folder; a failure is logged, as the next run will do it."""
        try:
            self.storage.remove_folder(self.target.folder(name))
        except OSError as error:
            logger.warning(f"The staging folder {name} could not be removed: {error}")


def _is_older(name: str, oldest: datetime) -> bool:
    birth = born_at(name)
    return birth is not None and birth < oldest


class StagedObjects:
    """What one run of one Python model has staged, to be removed in the end."""

    def __init__(self, area: StagingArea) -> None:
        """Begin with nothing."""
        self.area = area
        self._views: list[str] = []
        self._tables: list[str] = []

    def new_view(self) -> str:
        """Return the name of a view that is about to be created."""
        return _remember(self._views, staged_name("result"))

    def new_table(self, purpose: str) -> str:
        """Return the name of a folder and of the table over it, both about to be created.

        Args:
            purpose: A word of lower-case letters, to be recognised in query logs.
        """
        return _remember(self._tables, staged_name(purpose))

    def remove(self, query: Query) -> None:
        """Drop all tables and views and remove all files; failures are logged, never raised."""
        for name in self._views:
            self.area.drop(query, name, is_view=True)
        for name in self._tables:
            # Trino leaves the files of an external table alone.
            self.area.drop(query, name)
            self.area.remove_files(name)
        self._views, self._tables = [], []


def _remember(names: list[str], name: str) -> str:
    names.append(name)
    return name
