"""dbt adapter `trino_python`: dbt-trino, with Python models added."""

from dbt.adapters.base.plugin import AdapterPlugin

from dbt.adapters.trino_python.connections import TrinoPythonConnectionManager
from dbt.adapters.trino_python.credentials import TrinoPythonCredentialsFactory
from dbt.adapters.trino_python.impl import TrinoPythonAdapter
from dbt.include import trino_python

__all__ = ["Plugin", "TrinoPythonAdapter", "TrinoPythonConnectionManager"]

Plugin = AdapterPlugin(
    adapter=TrinoPythonAdapter,  # type: ignore[arg-type]  # dbt's protocol wants instances
    credentials=TrinoPythonCredentialsFactory,  # type: ignore[arg-type]  # as dbt-trino does
    include_path=trino_python.PACKAGE_PATH,
    dependencies=["trino"],
)
