"""Invented services to measure on: generated, ingested, and built as far as a benchmark asks."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cost import PROJECT, Cost, measure

MARQUEE = [sys.executable, "-m", "marquee"]
DBT = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]


def environment_of(home: Path) -> dict[str, str]:
    """What points commands at a deployment of the project."""
    return os.environ | {
        "MARQUEE_HOME": str(home),
        "MARQUEE_PROJECT": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
    }


@dataclass(frozen=True)
class Service:
    """An ingested service in a folder of its own."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What its commands run in."""
        return environment_of(self.home)

    def build(self, stage: str, select: Sequence[str], exclude: Sequence[str] = ()) -> Cost:
        """Build some models without their tests."""
        folders = [
            "--target-path",
            str(self.home / "target"),
            "--log-path",
            str(self.home / "logs"),
        ]
        left_out = ["--exclude", *exclude, "resource_type:test", "resource_type:unit_test"]
        return measure(
            stage, [*DBT, "build", "--select", *select, *left_out, *folders], self.environment
        )


@contextmanager
def landed(*command: str) -> Iterator[Service]:
    """Land files by a marquee command and ingest them; the folder is gone in the end."""
    service = Service(Path(tempfile.mkdtemp(prefix="marquee-benchmark-")))
    try:
        measure("land", [*MARQUEE, *command], service.environment)
        measure("ingest", [*MARQUEE, "ingest"], service.environment)
        yield service
    finally:
        shutil.rmtree(service.home, ignore_errors=True)


@contextmanager
def invented(scale: str, seed: int) -> Iterator[Service]:
    """Generate a service, with an extract every 30 days, and ingest it."""
    options = ("--scale", scale, "--seed", str(seed), "--extract-every", "30")
    with landed("generate", *options) as service:
        yield service
