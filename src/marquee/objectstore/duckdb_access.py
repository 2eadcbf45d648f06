"""DuckDB's reading of the store, through its extension out of a Python package."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from marquee.objectstore.client import DEFAULT_REGION, EXTRA, SCHEME, endpoint, session
from marquee.store import StoreError

ROOTS = ("MARQUEE_LANDING", "MARQUEE_LAKE", "MARQUEE_PUBLISHED")
PACKAGE = "duckdb_extension_httpfs"


def uses_objects() -> bool:
    """True if the environment names a root in an object store."""
    return any(os.environ.get(root, "").startswith(SCHEME) for root in ROOTS)


def missing_packages() -> str:
    """What is not installed of the extra, in words; empty if nothing is missing."""
    if find_spec("boto3") is None:
        return f"Roots in an object store need boto3: {EXTRA}"
    if _extension() is None:
        return f"DuckDB {duckdb.__version__} lacks its extension for object stores: {EXTRA}"
    return ""


def open_to(connection: duckdb.DuckDBPyConnection) -> None:
    """Let an engine read objects with the credentials of this environment.

    They are given as values, so they stand in no statement and in no log, and the engine shows
    them to nobody.

    Raises:
        StoreError: if there are no credentials.
    """
    connection.execute(f"load '{_extension()}'")
    found = session()
    credentials = found.get_credentials()
    if credentials is None:
        raise StoreError(
            "There are no credentials for the object store. Set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run with a role that has access."
        )
    frozen = credentials.get_frozen_credentials()
    values = {
        "key_id": frozen.access_key,
        "secret": frozen.secret_key,
        "session_token": frozen.token or "",
        "region": found.region_name or DEFAULT_REGION,
    }
    if address := endpoint():
        url = urlsplit(address)
        values |= {
            "endpoint": url.netloc,
            "url_style": "path",
            "use_ssl": "false" if url.scheme == "http" else "true",
        }
    named = ", ".join(f"{name} ${name}" for name in values)
    connection.execute(f"create or replace temporary secret roots (type s3, {named})", values)


def _extension() -> Path | None:
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "extensions" / f"v{duckdb.__version__}"
        return next(path.glob("httpfs.duckdb_extension"), None)
    return None
