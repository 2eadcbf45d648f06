"""Features of one snapshot day at a time: rows of two days would count everything twice."""

import pyarrow as pa
import pyarrow.compute as pc


def require_one_as_of_date(**tables: pa.Table) -> None:
    """Checks that tables of features are all of one and the same snapshot day.

    Args:
        **tables: Tables by name, each with or without a column `as_of_date`.

    Raises:
        ValueError: If the tables hold more than one day; names the days of each table.
    """
    days = {
        name: sorted(map(str, pc.unique(table["as_of_date"]).to_pylist()))
        for name, table in tables.items()
        if "as_of_date" in table.column_names
    }
    if len({day for found in days.values() for day in found}) > 1:
        listed = "; ".join(f"{name}: {', '.join(found)}" for name, found in days.items() if found)
        raise ValueError(
            f"the features are of more than one as_of_date ({listed}); pass the rows of one day, "
            "such as the one that int_snapshot_dates marks as is_latest"
        )
