"""Other runtimes, asked as a program outside of the project would ask them."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from marquee.ml.tabular.features import Features
from marquee.trino import artifacts
from tests.python.conftest import PROJECT
from tests.python.java import Programs, compiled

COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
POM = PROJECT / "tests" / "java" / "pmml" / "pom.xml"
JPMML_SHA256 = "afcedebafb9a6449fa2d56991fab6dae0d6998cde11fe09ab72f8a3077dded7a"
"""Of the libraries' names and contents, sorted by name."""


def onnx_scores(content: bytes, features: Features) -> dict[str, np.ndarray]:
    """What onnxruntime says of rows, by output, shape (rows, outputs)."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    given = {name: values[:, None] for name, values in features.numbers.items()}
    given |= {name: values.astype(object)[:, None] for name, values in features.categories.items()}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def jpmml(classes: Path) -> Programs:
    """The program that scores with JPMML; where it can't be had skip, but never in CI."""
    try:
        libraries = _jpmml_libraries()
    except artifacts.TrinoUnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    return compiled(POM.parent.glob("*.java"), libraries, classes)


def pmml_scores(
    programs: Programs, file: Path, rows: Sequence[Mapping[str, str | None]]
) -> dict[str, list[str]]:
    """What JPMML says of rows, by output; None is a missing value."""
    names = list(rows[0])
    lines = [names]
    lines += [["\\N" if row[name] is None else row[name] for name in names] for row in rows]
    told = "".join("\t".join(line) + "\n" for line in lines)
    outputs, *answers = programs.run("EvaluatePmml", str(file), told=told).splitlines()
    columns = zip(*(answer.split("\t") for answer in answers), strict=True)
    return dict(zip(outputs.split("\t"), map(list, columns), strict=True))


def rows_of_text(features: Features) -> list[dict[str, str | None]]:
    """Rows as a program outside has them: what is not known is not given."""
    columns: dict[str, list[str | None]] = {
        name: [None if np.isnan(value) else repr(value) for value in values.tolist()]
        for name, values in features.numbers.items()
    }
    columns |= {
        name: [value or None for value in values.tolist()]
        for name, values in features.categories.items()
    }
    return [
        {name: columns[name][row] for name in features.names} for row in range(features.row_count)
    ]


def _jpmml_libraries() -> list[Path]:
    cache = artifacts.cache_folder()
    target = cache / f"jpmml-{JPMML_SHA256[:16]}"
    if not target.exists():
        maven = shutil.which("mvn")
        if maven is None:
            raise artifacts.TrinoUnavailableError("Maven is missing; it fetches JPMML.")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as name:
            folder = Path(name) / "libraries"
            command = [maven, "--batch-mode", "--quiet", "-f", POM, COPY_GOAL]
            command += [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
            command += [f"-Dmaven.repo.local={Path(name) / 'repository'}"]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode != 0:
                said = (result.stdout + result.stderr).strip()[:1000]
                raise artifacts.TrinoUnavailableError(f"Maven could not fetch JPMML: {said}")
            found = _digest(folder)
            assert found == JPMML_SHA256, f"JPMML has SHA-256 {found}"
            folder.rename(target)
    return sorted(target.glob("*.jar"))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
