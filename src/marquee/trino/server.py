"""One Trino server on 127.0.0.1 for one home folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from marquee.ingest.hash_key import environment_without_key
from marquee.paths import Paths
from marquee.trino.artifacts import TrinoUnavailableError, java, server_distribution

HOST = "127.0.0.1"
DEFAULT_PORT = 8090
START_SECONDS = 240
LEAST_PASSWORD_LENGTH = 12
PASSWORD_ITERATIONS = 600_000
HEAP_GIGABYTES = 2
NEEDED_GIGABYTES = 2.5
"""Free memory without which the server is not started: the heap, and what Java needs beside it."""

# What Iceberg's JDBC catalogue expects to find (schema version V1, as other engines make it).
CATALOG_TABLES = """
create table if not exists iceberg_tables (
    catalog_name varchar(255) not null, table_namespace varchar(255) not null,
    table_name varchar(255) not null, metadata_location varchar(1000),
    previous_metadata_location varchar(1000), iceberg_type varchar(5),
    primary key (catalog_name, table_namespace, table_name));
create table if not exists iceberg_namespace_properties (
    catalog_name varchar(255) not null, namespace varchar(255) not null,
    property_key varchar(255) not null, property_value varchar(1000) not null,
    primary key (catalog_name, namespace, property_key));
"""


@dataclass(frozen=True)
class TrinoServer:
    """The server of one deployment: configuration, process and log in ``home/trino``."""

    paths: Paths
    port: int
    is_secure: bool = False
    """True: HTTPS with passwords on this port, and no plain HTTP."""

    @classmethod
    def from_environment(cls, paths: Paths, is_secure: bool = False) -> TrinoServer:
        """Port from ``MARQUEE_TRINO_PORT``, default 8090.

        Raises:
            TrinoUnavailableError: if that is no port.
        """
        text = os.environ.get("MARQUEE_TRINO_PORT") or str(DEFAULT_PORT)
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise TrinoUnavailableError(
                f"MARQUEE_TRINO_PORT is {text!r}. Set it to a number from 1 to 65535."
            )
        return cls(paths, int(text), is_secure)

    @classmethod
    def on_free_port(cls, paths: Paths, is_secure: bool = False) -> TrinoServer:
        """A server beside others, for tests and measurements."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            return cls(paths, probe.getsockname()[1], is_secure)

    @property
    def folder(self) -> Path:
        """Where the server's files stand."""
        return self.paths.home / "trino"

    @property
    def url(self) -> str:
        """Address for clients and for the web page of the server."""
        if self.is_secure:
            # By name: to a number, which names no host, the server shows its internal certificate.
            return f"https://localhost:{self.port}"
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def passwords(self) -> Path:
        """Who may log in where the server is secure; ``MARQUEE_TRINO_PASSWORDS``."""
        named = os.environ.get("MARQUEE_TRINO_PASSWORDS")
        return Path(named) if named else self.folder / "passwords"

    def environment(self) -> dict[str, str]:
        """The variables that the files under ``trino/etc`` and the dbt profile refer to."""
        return {
            "MARQUEE_TRINO_PORT": str(self.port),
            "MARQUEE_TRINO_PASSWORDS": str(self.passwords),
            # The project's own files, not the copies: Trino reads them again when they change.
            "MARQUEE_TRINO_RULES": f"{self.paths.project}/trino/etc/rules.json",
            "MARQUEE_TRINO_GROUPS": f"{self.paths.project}/trino/etc/groups.txt",
            "MARQUEE_CATALOG_DRIVER": os.environ.get("MARQUEE_CATALOG_DRIVER", "org.sqlite.JDBC"),
            "MARQUEE_CATALOG_URL": os.environ.get(
                "MARQUEE_CATALOG_URL",
                f"jdbc:sqlite:{self.folder}/catalog.db?busy_timeout=60000&journal_mode=WAL",
            ),
            "MARQUEE_WAREHOUSE_URI": os.environ.get(
                "MARQUEE_WAREHOUSE_URI", f"file://{self.folder}/warehouse"
            ),
            "MARQUEE_METASTORE_URI": os.environ.get(
                "MARQUEE_METASTORE_URI", f"file://{self.folder}/metastore"
            ),
        }

    def process_id(self) -> int | None:
        """The process that was started for this home, if it still runs."""
        try:
            process_id = int((self.folder / "server.pid").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        # The number may belong to another program by now: the command line tells.
        result = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(process_id)],
            capture_output=True,
            text=True,
            check=False,
        )
        return process_id if f"-Dnode.data-dir={self.folder}/data" in result.stdout else None

    def start(self) -> float:
        """Start the server and wait until it answers.

        Returns:
            The seconds it took; 0 if it was running already.

        Raises:
            TrinoUnavailableError: if a part, memory or the port is missing, or the server does not
                come up; its log is named.
        """
        if self.process_id() is not None:
            if not self._answers():
                raise TrinoUnavailableError(
                    f"A Trino server of {self.folder} runs, but not on port {self.port}. "
                    "Stop it first: make trino-stop"
                )
            return 0.0
        if self._answers():
            raise TrinoUnavailableError(
                f"Another server answers on port {self.port}. Set MARQUEE_TRINO_PORT to a free one."
            )
        if self.is_secure:
            self._check_secrets()
        _check_memory()
        distribution, program = server_distribution(), java()
        self._configure()
        began = time.monotonic()
        process_id = self._launch(distribution, program)
        while not self._answers():
            if self.process_id() is None:
                raise TrinoUnavailableError(f"Trino ended at once:\n{self._last_words()}")
            if time.monotonic() - began > START_SECONDS:
                self.stop()
                raise TrinoUnavailableError(
                    f"Trino (process {process_id}) did not answer within {START_SECONDS} s:\n"
                    f"{self._last_words()}"
                )
            time.sleep(0.3)
        return time.monotonic() - began

    def stop(self) -> bool:
        """End the process that was started for this home; False if there is none."""
        process_id = self.process_id()
        if process_id is not None:
            subprocess.run(["kill", str(process_id)], check=False)
            deadline = time.monotonic() + 30
            while self.process_id() is not None:
                if time.monotonic() > deadline:
                    subprocess.run(["kill", "-9", str(process_id)], check=False)
                time.sleep(0.2)
        (self.folder / "server.pid").unlink(missing_ok=True)
        return process_id is not None

    def set_password(self, user: str, password: str) -> None:
        """Let a user log in with a password; an earlier one of the user is replaced.

        Raises:
            ValueError: if the name or the password can't be used.
        """
        if not user or ":" in user or not user.isprintable():
            raise ValueError(f"{user!r} is not the name of a user: no colon, no control characters")
        if len(password) < LEAST_PASSWORD_LENGTH:
            raise ValueError(f"a password has at least {LEAST_PASSWORD_LENGTH} characters")
        # SHA-1 inside PBKDF2 is what Trino's password file knows.
        salt = secrets.token_bytes(16)
        key = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, PASSWORD_ITERATIONS)
        line = f"{user}:{PASSWORD_ITERATIONS}:{salt.hex()}:{key.hex()}"
        known = self.passwords.read_text("utf-8").splitlines() if self.passwords.exists() else []
        lines = [*(old for old in known if not old.startswith(f"{user}:")), line]
        self.passwords.parent.mkdir(parents=True, exist_ok=True)
        part = self.passwords.with_name(f"{self.passwords.name}.part")
        part.touch(mode=0o600)
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.replace(self.passwords)

    def _check_secrets(self) -> None:
        certificate = os.environ.get("MARQUEE_TRINO_CERTIFICATE", "")
        if not Path(certificate).is_file():
            raise TrinoUnavailableError(
                "HTTPS needs a certificate: set MARQUEE_TRINO_CERTIFICATE to a PEM file with the "
                "private key and the certificate. docs/access.md shows how to make one."
            )
        if not self.passwords.is_file():
            raise TrinoUnavailableError(
                f"Nobody could log in: there is no {self.passwords}. "
                "Add a user with: marquee trino password NAME"
            )

    def _configure(self) -> None:
        etc = self.folder / "etc"
        shutil.rmtree(etc, ignore_errors=True)
        shutil.copytree(self.paths.project / "trino" / "etc", etc)
        if self.is_secure:
            shutil.copy(etc / "secure.config.properties", etc / "config.properties")
        for name in ("data", "warehouse", "metastore"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        url = self.environment()["MARQUEE_CATALOG_URL"]
        if url.startswith("jdbc:sqlite:"):
            database = url.removeprefix("jdbc:sqlite:").partition("?")[0]
            with sqlite3.connect(database) as connection:
                connection.executescript(CATALOG_TABLES)
            connection.close()

    def _launch(self, distribution: Path, program: Path) -> int:
        options = (self.folder / "etc" / "jvm.config").read_text(encoding="utf-8").split()
        # One machine: the quick compiler starts in half the time.
        options += ["-XX:TieredStopAtLevel=1", f"-Xmx{HEAP_GIGABYTES}G"]
        settings = {
            "node.environment": "marquee",
            "node.id": "marquee-1",
            "node.data-dir": f"{self.folder}/data",
            # Without these two, requests hang on machines whose own name has no address.
            "node.internal-address": HOST,
            "node.bind-ip": HOST,
            "plugin.dir": f"{distribution}/plugin",
            "config": "etc/config.properties",
            "log.levels-file": "etc/log.properties",
            "catalog.config-dir": "etc/catalog",
        }
        options += [f"-D{name}={value}" for name, value in settings.items()]
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [program, *options, "-cp", f"{distribution}/lib/*", "io.trino.server.TrinoServer"],
                cwd=self.folder,
                env={
                    **environment_without_key(),
                    **self.paths.environment(),
                    **self.environment(),
                    # Between the server's own nodes; there is one, so it lives as long as it.
                    "MARQUEE_TRINO_SHARED_SECRET": secrets.token_hex(32),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self.folder / "server.pid").write_text(f"{process.pid}\n", encoding="utf-8")
        return process.pid

    def _answers(self) -> bool:
        # Whether it is ready needs no password; its certificate is ours.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with urllib.request.urlopen(  # noqa: S310
                f"{self.url}/v1/info", timeout=5, context=context if self.is_secure else None
            ) as reply:
                return '"starting":false' in reply.read().decode()
        except (urllib.error.URLError, OSError):
            return False

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([*lines[-20:], f"The whole log: {self.log}"])


def _check_memory() -> None:
    try:
        available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return  # this system does not tell
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():  # what caches would give back counts as free
        for line in meminfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                available = int(line.split()[1]) * 1024
    if available < NEEDED_GIGABYTES * 1e9:
        raise TrinoUnavailableError(
            f"Trino needs {NEEDED_GIGABYTES} GB of free memory, there are {available / 1e9:.1f}. "
            "Close other programs and try again."
        )
