"""A line for each step that changes something: how far a run came, also one that was killed.

``MARQUEE_LOG`` names the file; ``marquee run`` names one itself, beside the record of the run. The
variable goes to the processes that a command starts, and each appends to the same file. Lines name
files and models, never what stands in them.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "MARQUEE_LOG"
LOG = logging.getLogger("marquee")
LINE = "%(asctime)s.%(msecs)03dZ %(process)d %(message)s"
TIME = "%Y-%m-%dT%H:%M:%S"


def warn_only() -> None:
    """Let the console show warnings alone; a library that logs at once would show every line."""
    logging.basicConfig(handlers=[_console()])


@contextmanager
def logged_to(path: Path) -> Iterator[None]:
    """Append the lines of this process, and of those that it starts, to a file.

    A file that the environment names already stays the one that is written.
    """
    if os.environ.get(VARIABLE):
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers = _attached(path)
    os.environ[VARIABLE] = str(path)
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        LOG.propagate = True
        for handler in handlers:
            LOG.removeHandler(handler)
            handler.close()


def _attached(path: Path) -> list[logging.Handler]:
    """Every line to the file, warnings to the console too; none to what a library sets up."""
    handler = logging.FileHandler(path, encoding="utf-8")
    formatter = logging.Formatter(LINE, TIME)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handlers = [handler, _console()]
    for one in handlers:
        LOG.addHandler(one)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    return handlers


def _console() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    return handler


if os.environ.get(VARIABLE):
    _attached(Path(os.environ[VARIABLE]))
