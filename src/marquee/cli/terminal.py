"""What every command writes on: the two streams, and grids of them."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table as Grid

# Paths must stay whole for copying: only tables are wrapped at the width of the window.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 100)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def grid_of(*headings: str) -> Grid:
    """A table without lines; columns of numbers to the right."""
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    numbers = {"files", "then", "bytes", "rows", "open", "quarantined", "value", "baseline"}
    for heading in headings:
        # Folded and never cut: names are for copying.
        is_number = heading in numbers
        grid.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    return grid
