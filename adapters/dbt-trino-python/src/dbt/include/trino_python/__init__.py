"""The dbt macros of the adapter `trino_python`."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)
