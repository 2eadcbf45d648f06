"""What dbt does with a connection before it reads: see ``plugins`` in profiles.yml."""

from __future__ import annotations

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from marquee.objectstore.duckdb_access import open_to, uses_objects


class Plugin(BasePlugin):
    """Opens the store to dbt's engine where a root is in one; does nothing else."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Called once for each database that dbt opens."""
        if uses_objects():
            open_to(conn)
