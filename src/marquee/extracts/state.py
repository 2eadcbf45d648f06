"""What an extraction remembers: how far it came, and what the tables looked like.

It is written after the files have landed. Lost or older than they are, rows land once more, and
what is made of them stays the same.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from marquee.extracts.columns import SourceColumn
from marquee.extracts.configuration import FOLDER, Extract, TableExtract
from marquee.ingest.lake import publish_file


@dataclass(frozen=True)
class TableState:
    """Of one table."""

    cursor: int | None
    """Highest value that was read; microseconds since 1970 where it is a time."""
    cursor_column: str | None
    columns: tuple[SourceColumn, ...]
    """All of the source, also those that don't land."""
    taken: dict[str, str]
    """Column of the source for each landed one."""
    file_name: str | None
    """The newest landed file, relative to landing."""


def state_path(home: Path, extract: Extract) -> Path:
    """Where the state of an extract stands."""
    return home / FOLDER / f"{extract.name}.json"


def read_state(path: Path) -> dict[str, TableState]:
    """The state by table; what is not there, or can't be understood any more, is left out."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: TableState(
                **entry | {"columns": tuple(SourceColumn(**c) for c in entry["columns"])}
            )
            for name, entry in document.items()
        }
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_state(path: Path, state: dict[str, TableState]) -> None:
    """Replace the state by one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    document = {name: asdict(entry) for name, entry in sorted(state.items())}
    part.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    publish_file(part, path)


def state_name(table: TableExtract) -> str:
    """Under which name a table stands in the state."""
    return f"{table.name} -> {table.target.full_name}"
