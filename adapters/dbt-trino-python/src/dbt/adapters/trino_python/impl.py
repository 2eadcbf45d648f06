"""The adapter: dbt-trino's, with the submission of Python models."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from dbt.adapters.__about__ import version as base_version
from dbt.adapters.base.meta import available
from dbt.adapters.base.relation import AdapterTrackingRelationInfo
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.contracts.relation import RelationConfig, RelationType
from dbt.adapters.trino.impl import TrinoAdapter
from dbt.adapters.trino.relation import TrinoRelation
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.trino_python.__version__ import version
from dbt.adapters.trino_python.connections import TrinoPythonConnectionManager
from dbt.adapters.trino_python.credentials import PythonModelSettings, staging_target
from dbt.adapters.trino_python.model_code import ModelCode, first_line_of
from dbt.adapters.trino_python.reading import Rows
from dbt.adapters.trino_python.staging import StagedObjects, StagingArea, StagingTarget
from dbt.adapters.trino_python.storage import Storage
from dbt.adapters.trino_python.submission import PythonJob


class TrinoPythonAdapter(TrinoAdapter):
    """dbt-trino's adapter; Python models run here, in DuckDB's Python programming model."""

    ConnectionManager = TrinoPythonConnectionManager

    def __init__(self, config: Any, mp_context: Any) -> None:
        super().__init__(config, mp_context)
        self._area: StagingArea | None = None
        self._area_lock = threading.Lock()
        # dbt runs one node at a time on a thread.
        self._node = threading.local()

    @classmethod
    def get_adapter_run_info(cls, config: RelationConfig) -> AdapterTrackingRelationInfo:
        """Return name and version of this adapter; dbt would guess them from the class name."""
        return AdapterTrackingRelationInfo(  # type: ignore[abstract]  # as dbt does
            adapter_name=cls.type(),
            base_adapter_version=base_version,
            adapter_version=version,
            model_adapter_details=cls._get_adapter_specific_run_info(config),
        )

    def submit_python_job(
        self, parsed_model: dict[str, Any], compiled_code: str
    ) -> AdapterResponse:
        """Run a Python model and stage its result.

        Args:
            parsed_model: The node of dbt's manifest.
            compiled_code: The model's code with what dbt adds.

        Returns:
            The number of rows, for dbt's log. `staged_python_result` names the staged relation.

        Raises:
            DbtRuntimeError: If the profile lacks a field, the model fails, or its result cannot
                be staged.
        """
        settings = cast(PythonModelSettings, self.config.credentials)
        area = self._staging_area(settings)
        area.prepare(self._values)
        staged = StagedObjects(area)
        self._node.staged = staged
        file = parsed_model["original_file_path"]
        code = ModelCode(
            parsed_model["name"],
            file,
            parsed_model["raw_code"],
            compiled_code,
            first_line_of(str(self._project_root(parsed_model["package_name"])), file),
        )
        name, response = PythonJob(self._run_statement, staged, settings).submit(code)
        self._node.result = self.Relation.create(
            database=area.target.catalog,
            schema=area.target.schema,
            identifier=name,
            type=RelationType.Table,
        )
        return response

    @available.parse_none
    def staged_python_result(self) -> TrinoRelation:
        """Return the relation that holds the result of the Python model of this thread.

        Raises:
            DbtRuntimeError: If no Python model has run.
        """
        result = getattr(self._node, "result", None)
        if result is None:
            raise DbtRuntimeError(
                "There is no staged result: no Python model has run for this node."
            )
        return cast(TrinoRelation, result)

    def post_model_hook(self, config: Mapping[str, Any], context: bool | None) -> None:
        """Remove what a Python model has staged; dbt calls this after success and failure."""
        staged = getattr(self._node, "staged", None)
        self._node.staged = self._node.result = None
        try:
            if staged is not None:
                staged.remove(self._values)
        finally:
            super().post_model_hook(config, context)

    def _staging_area(self, settings: PythonModelSettings) -> StagingArea:
        with self._area_lock:
            if self._area is None:
                catalog, schema, location = staging_target(settings)
                self._area = StagingArea(
                    StagingTarget(catalog, schema, location),
                    Storage(settings.storage_options),
                    timedelta(hours=settings.staging_retention_hours),
                )
            return self._area

    def _project_root(self, package_name: str) -> Path:
        root = Path(self.config.project_root)
        if package_name == self.config.project_name:
            return root
        return Path(root, self.config.packages_install_path, package_name)

    def _run_statement(self, sql: str) -> Rows:
        # Not `execute`: it turns the rows into an agate table, which guesses types from text.
        _, cursor = self.connections.add_select_query(sql)
        description = cursor.description or []
        return Rows(cursor.fetchall() or [], [(column[0], column[1]) for column in description])

    def _values(self, sql: str) -> list[list[Any]]:
        return self._run_statement(sql).values
