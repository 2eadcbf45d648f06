"""What stands in the columns of a landed file: counts and bounds, in one aggregate a relation.

Of columns that are personal or identifying only counts are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from marquee.contract import Column, Sensitivity, Table
from marquee.engine import quoted

SHOWN = frozenset({Sensitivity.PUBLIC, Sensitivity.INTERNAL})
"""Of these columns the bounds are told."""
BOUND_CHARACTERS = 100
"""Of a text this much is kept: a bound is for the eye."""
NUMBER = "decimal(38,6)"
MOMENT = "timestamp"
TEXT = "varchar"


@dataclass(frozen=True)
class Profiled:
    """Columns that one query can measure together."""

    table: Table
    """Whose columns they are."""
    columns: Sequence[Column]
    relation: str
    """Has the columns by name."""
    landed: frozenset[str]
    """Names of those that the file has."""
    weight: str | None = None
    """Column of the relation that says for how many rows a row stands; None: for itself."""


def profile_query(parts: Sequence[Profiled]) -> str:
    """A query with one row a column: names, counts, bounds and ``is_landed``."""
    return " union all ".join(query for part in parts for query in _queries(part))


def _queries(part: Profiled) -> Iterator[str]:
    if not part.columns:
        return
    total = f"coalesce(sum({part.weight}), 0)" if part.weight else "count(*)"
    measures = [f"{total} as row_count"]
    selected = []
    for place, column in enumerate(part.columns):
        name = column.name
        present = (
            f"coalesce(sum({part.weight}) filter (where {name} is not null), 0)"
            if part.weight
            else f"count({name})"
        )
        measures += [f"{present} as count_{place}", f"count(distinct {name}) as distinct_{place}"]
        bounds = _bound_type(column)
        if bounds:
            measures += [f"min({name}) as minimum_{place}", f"max({name}) as maximum_{place}"]
        selected.append(_row(part, column, place, bounds))
    yield (
        f"(with measured as materialized (select {', '.join(measures)} from {part.relation}) "
        f"{' union all '.join(selected)})"
    )


def _row(part: Profiled, column: Column, place: int, bounds: str | None) -> str:
    def bound(which: str, kind: str) -> str:
        if bounds != kind:
            return f"cast(null as {kind}) as {which}_{KINDS[kind]}"
        value = f"{which}_{place}"
        if kind == TEXT:
            value = f"left({value}, {BOUND_CHARACTERS})"
        return f"try_cast({value} as {kind}) as {which}_{KINDS[kind]}"

    every = ", ".join(bound(which, kind) for kind in KINDS for which in ("minimum", "maximum"))
    return (
        f"select {quoted(part.table.source)} as source_name, "
        f"{quoted(part.table.name)} as table_name, {quoted(column.name)} as column_name, "
        f"cast(row_count as bigint) as row_count, "
        f"cast(row_count - count_{place} as bigint) as null_count, "
        f"cast(distinct_{place} as bigint) as distinct_count, {every}, "
        f"{str(column.name in part.landed).lower()} as is_landed from measured"
    )


KINDS = {TEXT: "text", NUMBER: "number", MOMENT: "at"}
"""Types of bounds, and how the names of their columns end."""


def _bound_type(column: Column) -> str | None:
    """In which type a column's bounds are told; None: not at all."""
    if column.sensitivity not in SHOWN or column.data_type == "boolean":
        return None
    if column.data_type == "varchar":
        return TEXT
    return MOMENT if column.data_type in ("date", "timestamp(6)") else NUMBER
