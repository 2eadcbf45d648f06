"""A build's models leave with what is published, and score outside as they do inside.

The built service is too young for the committed specification, so one that asks for less trains the
families on its own snapshots and labels, with all their features; nothing else is invented.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from marquee.ml.churn import ARTIFACT_SCHEMA, ModelSpecification, train_churn_models
from marquee.ml.churn.scoring import read_champion
from marquee.ml.tabular.encoding import CATEGORY, MISSING, VALUE
from marquee.ml.tabular.features import Features, read_features
from marquee.ml.tabular.models import FittedModel
from marquee.publish import current_version
from tests.python.conftest import PROJECT, Deployment, deployment_in
from tests.python.export.engines import jpmml, onnx_scores, pmml_scores, rows_of_text

pytestmark = pytest.mark.slow

SLOPE, INTERCEPT = "1.0625", "-0.1"
CHANGES = {
    "candidates": {
        "linear": {"penalty": [0.01], "l1_share": [0.1]},
        "boosting": {"leaves": [4], "rounds": [40], "learning_rate": [0.1]},
    },
    "minimum_outcomes": 8,
    # Of so few rows hardly a feature tells more than chance; here all are to be carried along.
    "screening": {"chance": 1.0},
    "selection": {"method": "cross_validation", "folds": 2},
}


@dataclass(frozen=True)
class Trained:
    """A built warehouse whose models were trained on its own rows."""

    deployment: Deployment
    artifacts: pa.Table

    def appoint(self, algorithm: str | None) -> str | None:
        """Make the version of an algorithm the champion; give its version."""
        versions = {row["model_version"]: row["algorithm"] for row in self.artifacts.to_pylist()}
        rows = [
            {
                "model_name": "churn",
                "model_version": version,
                "algorithm": own,
                "status": "champion" if own == algorithm else "challenger",
                "deciding_value": None if own == "constant" else 0.7,
            }
            for version, own in versions.items()
        ]
        with self.deployment.writing() as connection:
            # The columns that decide; the others are as the build left them.
            connection.register("appointed", pa.Table.from_pylist(rows))
            connection.execute(
                "create or replace table predictions.eval_churn_decisions as "
                "select appointed.*, decisions.* exclude (model_name, model_version, algorithm, "
                "status, deciding_value) from appointed "
                "left join (from predictions.eval_churn_decisions limit 1) as decisions on true"
            )
        return next((version for version, own in versions.items() if own == algorithm), None)

    def model(self, version: str) -> FittedModel:
        decisions = pa.table(
            {"model_name": ["churn"], "model_version": [version], "status": ["champion"]}
        )
        found = read_champion(self.artifacts, decisions)
        assert found is not None
        return found[1]

    def customers(self, model: FittedModel) -> Features:
        """Every snapshot, and each once more with values taken away and texts never seen."""
        with self.deployment.warehouse() as connection:
            rows = connection.execute(
                "from features.feat_customer_snapshots order by as_of_date, customer_id"
            ).to_arrow_table()
        known = read_features(rows, model.encoding.features)
        generator = np.random.default_rng(5)

        def is_changed() -> np.ndarray:
            return generator.random(known.row_count) < 0.3

        numbers = {
            name: np.concatenate([values, np.where(is_changed(), np.nan, values)])
            for name, values in known.numbers.items()
        }
        categories = {
            name: np.concatenate(
                [values, np.where(is_changed(), "never seen", np.where(is_changed(), "", values))]
            )
            for name, values in known.categories.items()
        }
        return Features(2 * known.row_count, numbers, categories)

    def published(self, model_name: str = "churn") -> tuple[Path, list[dict]]:
        """Publish the build, again if need be; the folder of the models, and what it has of one."""
        (self.deployment.paths.published / "CURRENT").unlink(missing_ok=True)
        self.deployment.publish()
        version = current_version(self.deployment.paths.published)
        assert version is not None
        folder = version / "models"
        entries = json.loads((folder / "index.json").read_text())["models"]
        for entry in entries:
            content = (folder / entry["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
        assert found == {"index.json", *(entry["file"] for entry in entries)}
        return folder, [entry for entry in entries if entry["model_name"] == model_name]


def calibrated(artifacts: pa.Table) -> pa.Table:
    """The same models with a calibration that changes every score."""
    rows = artifacts.to_pylist()
    for row in rows:
        if row["artifact_name"] == "calibration":
            row["entry_text"] = SLOPE if row["entry_id"] == "slope" else INTERCEPT
    return pa.Table.from_pylist(rows, schema=ARTIFACT_SCHEMA)


@pytest.fixture(scope="module")
def trained(built: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    deployment = deployment_in(tmp_path_factory.mktemp("trained"))
    deployment.copy_ingested(built)
    deployment.paths.warehouse.write_bytes(built.paths.warehouse.read_bytes())
    text = (PROJECT / "python_models" / "churn" / "_churn__models.yml").read_text()
    [settings] = [
        model["config"]["meta"]["specification"]
        for model in yaml.safe_load(text)["models"]
        if model["name"] == "train_churn_models"
    ]
    with deployment.writing() as connection:
        snapshots, labels = (
            connection.execute(f"from features.{name}").to_arrow_table()
            for name in ("feat_customer_snapshots", "label_customer_churn")
        )
        artifacts = calibrated(
            train_churn_models(
                snapshots, labels, ModelSpecification.from_mapping(settings | CHANGES)
            )
        )
        connection.register("artifacts", artifacts)
        connection.execute(
            "create or replace table predictions.train_churn_models as from artifacts"
        )
    return Trained(deployment, artifacts)


def formats(entries: list[dict]) -> list[tuple[str, str, str]]:
    return [(entry["algorithm"], entry["role"], entry["format"]) for entry in entries]


@pytest.mark.parametrize("algorithm", ["logistic_regression", "gradient_boosting"])
def test_a_champion_scores_outside_as_inside(
    trained: Trained, algorithm: str, tmp_path_factory: pytest.TempPathFactory
):
    version = trained.appoint(algorithm)
    folder, entries = trained.published()
    role = "champion" if algorithm == "logistic_regression" else "best linear challenger"
    assert set(formats(entries)) == {
        (algorithm, "champion", "onnx"),
        ("logistic_regression", role, "pmml"),
    }
    by_format = {entry["format"]: entry for entry in entries}
    assert by_format["onnx"]["model_version"] == version

    model = trained.model(version)
    assert {column.kind for column in model.encoding.columns} == {VALUE, MISSING, CATEGORY}
    customers = trained.customers(model)
    content = (folder / by_format["onnx"]["file"]).read_bytes()
    found = onnx_scores(content, customers)
    assert np.abs(found["probability"] - model.predict(customers)).max() < 1e-12
    assert np.abs(found["log_odds"] - model.margins(customers)).max() < 1e-12
    names = [field["name"] for field in by_format["onnx"]["inputs"]]
    assert tuple(names) == model.encoding.features
    types = {field["name"]: field["type"] for field in by_format["onnx"]["inputs"]}
    assert {name for name, kind in types.items() if kind == "string"} == set(customers.categories)

    linear = trained.model(by_format["pmml"]["model_version"])
    customers = trained.customers(linear)
    programs = jpmml(tmp_path_factory.mktemp("classes"))
    answers = pmml_scores(programs, folder / by_format["pmml"]["file"], rows_of_text(customers))
    assert list(answers) == [field["name"] for field in by_format["pmml"]["outputs"]]
    scores = np.array(list(map(float, answers["probability"])))
    assert np.abs(scores - linear.predict(customers)[:, 0]).max() < 1e-12


def test_the_page_shows_what_works(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    version = trained.appoint("gradient_boosting")
    trained.published()
    page = (PROJECT / "docs" / "export.md").read_text()
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "var").symlink_to(trained.deployment.paths.home)
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(program, found)  # noqa: S102 - the page's own program
    model = trained.model(version)
    customers = trained.customers(model)
    # The first half of them are the customers as they are.
    expected = model.predict(customers)[: customers.row_count // 2]
    assert np.abs(found["probability"] - expected).max() < 1e-12


def test_the_baseline_is_exported_as_what_it_is(trained: Trained, built: Deployment):
    trained.appoint("constant")
    _, entries = trained.published()
    assert set(formats(entries)) == {
        ("constant", "champion", "pmml"),
        ("logistic_regression", "best linear challenger", "pmml"),
    }
    version = current_version(built.paths.published)
    assert version is not None
    index = json.loads((version / "models" / "index.json").read_text())
    [entry] = [model for model in index["models"] if model["model_name"] == "churn"]
    assert (entry["algorithm"], entry["role"], entry["inputs"]) == ("constant", "champion", [])


def test_segments_outside_are_those_of_the_warehouse(trained: Trained):
    folder, entries = trained.published("segments")
    assert set(formats(entries)) == {
        ("k_means", "champion", "onnx"),
        ("k_means", "champion", "pmml"),
    }
    [entry] = [entry for entry in entries if entry["format"] == "onnx"]
    segment_of = dict(
        trained.deployment.query(
            "select customer_id, segment_id from predictions.score_customer_segments"
        )
    )
    customers = sorted(segment_of)
    place_of = {customer: place for place, customer in enumerate(customers)}
    names = [field["name"] for field in entry["inputs"]]
    numbers = {name: np.zeros(len(customers)) for name in names}
    for customer, name, units in trained.deployment.query(
        "select customer_id, taste_feature, feature_units from features.feat_customer_tastes"
    ):
        if customer in place_of and name in numbers:
            numbers[name][place_of[customer]] = units
    content = (folder / entry["file"]).read_bytes()
    found = onnx_scores(content, Features(len(customers), numbers, {}))
    assert [int(text) for text in found["segment_id"][:, 0]] == [
        segment_of[customer] for customer in customers
    ]


def test_without_a_champion_nothing_is_exported(trained: Trained):
    trained.appoint(None)
    assert trained.published()[1] == []


def test_two_champions_are_an_error_and_nothing_is_switched(trained: Trained):
    trained.appoint("constant")
    trained.published()
    before = current_version(trained.deployment.paths.published)
    with trained.deployment.writing() as connection:
        connection.execute("update predictions.eval_churn_decisions set status = 'champion'")
    with pytest.raises(ValueError, match="more than one champion"):
        trained.published()
    versions = trained.deployment.paths.published / "versions"
    assert max(path.name for path in versions.glob("v*")) == before.name


def test_sql_gives_the_log_odds_of_the_linear_version(trained: Trained):
    deployment = trained.deployment
    linear = trained.appoint("logistic_regression")
    trained.appoint("gradient_boosting")
    assert deployment.dbt("run", "--select", "train_churn_linear_terms", "score_churn_linear")
    with deployment.warehouse() as connection:
        snapshots = connection.execute(
            "from features.feat_customer_snapshots "
            "where as_of_date = (select max(as_of_date) from features.feat_customer_snapshots) "
            "and not coalesce(is_cancelled, false) order by customer_id"
        ).to_arrow_table()
    found = deployment.query(
        "select customer_id, model_version, linear_log_odds "
        "from predictions.score_churn_linear order by customer_id"
    )
    model = trained.model(linear)
    margins = model.margins(read_features(snapshots, model.encoding.features))[:, 0]
    assert [row[0] for row in found] == snapshots["customer_id"].to_pylist()
    assert {row[1] for row in found} == {linear}
    # To the last decimal but one: a double has no more digits than that.
    assert [round(float(row[2]), 9) for row in found] == np.round(margins, 9).tolist()
    assert np.abs(np.array([float(row[2]) for row in found]) - margins).max() < 2e-12
