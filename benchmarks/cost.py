"""What a command costs, by the operating system's own account."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Cost:
    """What one stage took."""

    stage: str
    wall_seconds: float
    cpu_seconds: float
    peak_mebibytes: float


def measure(stage: str, command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: if it fails.
    """
    started = time.monotonic()
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(
        stage,
        time.monotonic() - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


def table(costs: list[Cost]) -> str:
    """The costs as a Markdown table."""
    lines = ["| stage | wall s | CPU s | peak MiB |", "|---|---|---|---|"]
    lines += [
        f"| {cost.stage} | {cost.wall_seconds or '':.4} | {cost.cpu_seconds:.1f} "
        f"| {cost.peak_mebibytes:.0f} |"
        for cost in costs
    ]
    return "\n".join(lines)
