"""Ends a command, and all that it started, at a line of its own log.

Python imports this by its name at the start of each process that has the folder in PYTHONPATH.
``DIE_AT`` is a pattern that a line has to hold, ``DIE_COUNT`` at which of such lines.
"""

import logging
import os
import re
import signal

pattern = re.compile(os.environ["DIE_AT"])
left = int(os.environ.get("DIE_COUNT", "1"))


class DyingHandler(logging.StreamHandler):
    def emit(self, record, emit=logging.StreamHandler.emit):
        global left
        emit(self, record)
        if pattern.search(record.getMessage()):
            left -= 1
            if not left:
                os.killpg(0, signal.SIGKILL)


logging.StreamHandler.emit = DyingHandler.emit
