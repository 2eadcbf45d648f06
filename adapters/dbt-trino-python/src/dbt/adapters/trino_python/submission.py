"""One run of one Python model: read, compute, stage the result."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from dbt.adapters.contracts.connection import AdapterResponse
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.trino_python.credentials import PythonModelSettings
from dbt.adapters.trino_python.model_code import ModelCode
from dbt.adapters.trino_python.output_types import OutputColumn, UnsupportedOutputError
from dbt.adapters.trino_python.reading import InputReader, Rows
from dbt.adapters.trino_python.staging import StagedObjects
from dbt.adapters.trino_python.trino_types import literal, quote
from dbt.adapters.trino_python.writing import model_result, write_result


class PythonJob:
    """Runs a Python model and leaves its result as a staged relation of Trino."""

    def __init__(
        self, run: Callable[[str], Rows], staged: StagedObjects, settings: PythonModelSettings
    ) -> None:
        """Remember the tools.

        Args:
            run: Runs one statement on dbt's own connection.
            staged: Keeps account of all that the job stages; the caller removes it.
            settings: The profile's fields for Python models.
        """
        self._run = run
        self._staged = staged
        self._settings = settings

    def submit(self, code: ModelCode) -> tuple[str, AdapterResponse]:
        """Run the model.

        Args:
            code: Of the model.

        Returns:
            Name of the staged table or view, in the staging schema, with the final names and types,
            and the response for dbt's log.

        Raises:
            DbtRuntimeError: If the model fails, or its result cannot be staged.
        """
        # Hive's default would refuse timestamp(6); the setting ends with the connection.
        self._run(
            f"set session {quote(self._staged.area.target.catalog)}.timestamp_precision = "
            "'MICROSECONDS'"
        )
        with duckdb_session(self._settings.duckdb_settings) as session, code.module() as module:
            reader = InputReader(
                self._run,
                session,
                self._staged,
                read_directly=self._settings.python_read == "auto",
            )
            returned = code.run(module, reader, session)
            name, rows = self._stage(code, returned)
        return name, AdapterResponse(_message=f"PYTHON ({rows:_} rows)", rows_affected=rows)

    def _stage(self, code: ModelCode, returned: Any) -> tuple[str, int]:
        area = self._staged.area
        name = self._staged.new_table("output")
        folder = area.target.folder(name)
        try:
            result = model_result(returned)
            rows = write_result(result, area.storage, folder)
        except UnsupportedOutputError as error:
            raise DbtRuntimeError(
                f"The result of the Python model {code.name} ({code.file}) cannot become a table "
                f"of Trino. {error}"
            ) from error
        except (duckdb.Error, pa.ArrowException) as error:
            # A DuckDB relation is lazy: its errors, and those of its inputs, come out here.
            raise DbtRuntimeError(
                f"The Python model {code.name} ({code.file}) returned a result whose rows cannot "
                f"be computed: {type(error).__name__}: {error}"
            ) from error
        definitions = ", ".join(column.definition for column in result.columns)
        self._run(
            f"create table {area.target.table(name)} ({definitions}) "
            f"with (format = 'PARQUET', external_location = {literal(folder)})"
        )
        self._check_visibility(name, rows)
        if all(column.is_plain for column in result.columns):
            return name, rows
        return self._view(name, result.columns), rows

    def _check_visibility(self, name: str, rows: int) -> None:
        """Refuse to go on where Trino looks into another storage: it would see an empty table."""
        area = self._staged.area
        if area.is_shared or not rows:
            return
        seen = self._run(f"select count(*) from {area.target.table(name)}").values[0][0]
        if seen != rows:
            raise DbtRuntimeError(
                f"Of {rows} rows staged in {area.target.folder(name)}, Trino sees {seen}. Check "
                "that the profile field `staging_location` means the same storage for this machine "
                f"and for Trino's catalogue {area.target.catalog}."
            )
        area.is_shared = True

    def _view(self, table: str, columns: list[OutputColumn]) -> str:
        """Give the staged columns the final names and the types that Hive tables do not have."""
        view = self._staged.new_view()
        target = self._staged.area.target
        expressions = ", ".join(column.expression for column in columns)
        self._run(
            f"create view {target.table(view)} security invoker as "
            f"select {expressions} from {target.table(table)}"
        )
        return view


@contextmanager
def duckdb_session(settings: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory DuckDB with the time zone UTC, and close it in the end.

    Args:
        settings: DuckDB settings by name, such as `memory_limit`.

    Raises:
        DbtRuntimeError: If DuckDB refuses a setting.
    """
    # DuckDB would spill to a folder `.tmp` of the working directory, shared by all sessions.
    spill = Path(tempfile.mkdtemp(prefix="dbt_python_"))
    try:
        connection = duckdb.connect(":memory:", config={"temp_directory": str(spill), **settings})
    except duckdb.Error as error:
        shutil.rmtree(spill, ignore_errors=True)
        raise DbtRuntimeError(
            f"DuckDB refuses the profile field `duckdb_settings` ({settings}): {error}"
        ) from error
    try:
        if "TimeZone" not in settings:
            connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)
