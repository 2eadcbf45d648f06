"""Run a command beside a Trino server of its own, whose address stands in the environment.

usage: python tests/with_trino.py COMMAND [ARGUMENT ...]

The variables are those of adapters/dbt-trino-python/README.md. Where no Trino can be started the
command runs without them, and its tests skip and say why; in CI that is an error.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from marquee.paths import Paths
from marquee.trino import TrinoServer, TrinoUnavailableError

PROJECT = Path(__file__).resolve().parents[1]


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="marquee-trino-") as name:
        home = Path(name)
        server = TrinoServer.on_free_port(Paths(PROJECT, home, home / "landing", home / "lake"))
        variables = {
            "DBT_TRINO_HOST": "127.0.0.1",
            "DBT_TRINO_PORT": str(server.port),
            "DBT_TRINO_CATALOG": "marquee",
            "DBT_TRINO_STAGING_CATALOG": "lake",
            "DBT_TRINO_STAGING_LOCATION": f"file://{home}/staging",
        }
        try:
            server.start()
        except TrinoUnavailableError as error:
            print(f"no Trino here: {error}", file=sys.stderr)
            if os.environ.get("CI"):
                return 1
            variables = {}
        try:
            return subprocess.run(command, env=os.environ | variables, check=False).returncode
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
