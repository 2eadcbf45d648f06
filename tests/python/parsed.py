"""The project as dbt parses it, once for all deployments of a test run.

Parsing takes ten seconds, for each folder anew, because the profile names the folder. Where the
lake stands is all that differs between the manifests of two deployments.
"""

import json
import tempfile
from functools import cache
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

LAKE = "MARQUEE_LAKE"
READ_WHEN_RUN = frozenset(
    {"MARQUEE_AS_OF_DATE", "MARQUEE_HASH_KEY", "MARQUEE_MEMORY", "MARQUEE_THREADS"}
    | {"MARQUEE_TRINO_PORT"}
)
"""Settings that dbt asks for when it runs a model or opens a connection."""


def parsed(project: Path, engine: str, lake: Path, settings: dict[str, str]) -> Manifest:
    """A manifest of a deployment's own: running it writes into it."""
    told = frozenset((k, v) for k, v in settings.items() if k not in READ_WHEN_RUN)
    lake_parsed, packed = _packed(project, engine, told)
    manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    for unique_id, source in manifest.sources.items():
        text = json.dumps(source.to_dict()).replace(lake_parsed, str(lake))
        manifest.sources[unique_id] = type(source).from_dict(json.loads(text))
    manifest.build_flat_graph()
    return manifest


@cache
def _packed(project: Path, engine: str, settings: frozenset[tuple[str, str]]) -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as target, pytest.MonkeyPatch.context() as environment:
        lake = f"{target}/lake"
        environment.setenv(LAKE, lake)
        folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
        folders += ["--target", engine, "--target-path", target, "--log-path", target]
        result = dbtRunner().invoke(["parse", *folders, "--no-partial-parse", "--quiet"])
    if not isinstance(result.result, Manifest):
        raise AssertionError("dbt can't parse the project; its messages above say why")
    return lake, result.result.to_msgpack(extended_mashumaro_encoder)
