"""The connection manager: dbt-trino's own, under this adapter's type name."""

from dbt.adapters.trino.connections import TrinoConnectionManager


class TrinoPythonConnectionManager(TrinoConnectionManager):
    """Open, use and close Trino connections exactly as dbt-trino does."""

    TYPE = "trino_python"
