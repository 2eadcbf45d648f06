"""Tables on Trino that held rows of forgotten customers: what is left of them, and a search."""

from __future__ import annotations

from collections.abc import Sequence

from marquee.forgetting.names import Customers
from marquee.trino.session import Session


def remove_history(session: Session, tables: Sequence[str] | None = None) -> None:
    """Remove what tables held before: older snapshots, and files that none of them names.

    Views of readers name the newest snapshot right after publishing; only then may this run.

    Args:
        session: to the server.
        tables: as ``schema.table``; all of the session's catalogue if not given.
    """
    for guard in ("expire_snapshots_min_retention", "remove_orphan_files_min_retention"):
        session.query(f"set session {session.catalog}.{guard} = '0s'")
    for table in session.tables() if tables is None else tables:
        for step in ("expire_snapshots", "remove_orphan_files"):
            session.query(f"alter table {table} execute {step}(retention_threshold => '0s')")


def search_tables(
    session: Session, customers: Customers, tables: Sequence[str] | None = None
) -> dict[str, int]:
    """Count the rows that name one of the customers, by table; tables without any are left out."""
    found = {}
    for table in session.tables() if tables is None else tables:
        texts = [f'"{name}"' for name, kind in session.shape(table) if kind.startswith("varchar")]
        if texts:
            where = customers.named_by(texts)
            [[count]] = session.query(f"select count(*) from {table} where {where}")
            if count:
                found[f"trino: {table}"] = count
    return found
