"""Java programs of ``tests/java``, compiled and started; what they need comes from Maven.

Eclipse's compiler translates them, because a runtime is enough for everything else.
"""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from marquee.trino import TrinoUnavailableError, artifacts


@dataclass(frozen=True)
class Programs:
    """Compiled programs with their libraries at hand."""

    command: tuple[str, ...]

    def start(self, name: str, *arguments: str, zone: str = "UTC") -> subprocess.Popen:
        return subprocess.Popen(
            [*self.command, f"-Duser.timezone={zone}", name, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, name: str, *arguments: str, zone: str = "UTC", told: str = "") -> str:
        program = self.start(name, *arguments, zone=zone)
        output, errors = program.communicate(told, timeout=120)
        assert program.returncode == 0, errors
        return output


def fetched(*wanted: artifacts.Artifact) -> list[Path]:
    """Files of Maven; where they can't be had skip, but never in CI."""
    try:
        return [artifacts.fetch(artifact) for artifact in wanted]
    except TrinoUnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def compiled(
    sources: Iterable[Path], libraries: Iterable[Path], classes: Path, *options: str
) -> Programs:
    """Compile programs into a folder; a warning is an error.

    Args:
        sources: the programs.
        libraries: what they are compiled with and run with.
        classes: where the classes go.
        options: for the programs' Java.
    """
    [compiler] = fetched(artifacts.JAVA_COMPILER)
    java = str(artifacts.java())
    path = os.pathsep.join(map(str, [classes, *libraries]))
    command = [java, "-jar", compiler, "-21", "-Xlint", "-failOnWarning", "-cp", path]
    result = subprocess.run(
        [*command, "-d", classes, *sorted(sources)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return Programs((java, *options, "-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", path))
