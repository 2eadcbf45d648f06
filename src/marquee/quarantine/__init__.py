"""Quarantine as work to do: see what is open, repair it, replay it exactly once."""

from marquee.quarantine.mapping import RepairMapping, RepairMappingError, load_repair_mapping
from marquee.quarantine.repairs import RepairError, Repairs, write_repairs
from marquee.quarantine.replay import Replay, replay
from marquee.quarantine.rows import (
    Kind,
    QuarantinedRow,
    Selection,
    SelectionError,
    kinds,
    quarantined_rows,
)

__all__ = [
    "Kind",
    "QuarantinedRow",
    "RepairError",
    "RepairMapping",
    "RepairMappingError",
    "Repairs",
    "Replay",
    "Selection",
    "SelectionError",
    "kinds",
    "load_repair_mapping",
    "quarantined_rows",
    "replay",
    "write_repairs",
]
