"""An estimator of another team: trained, judged, kept and scored with; and what it may do wrong."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from marquee.export import export_models
from marquee.ml.churn import (
    evaluate_churn_models,
    explain_churn,
    score_churn,
    train_churn_models,
)
from marquee.ml.tabular.artifacts import artifact_rows, read_model
from marquee.ml.tabular.features import Features
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.targets import BINARY, Target
from marquee.ml.tabular.training import TrainingRows, train_candidates
from tests.python.conftest import PROJECT
from tests.python.ml.churn.cases import SETTINGS, decisions, service, shuffled, version_of

HAZARD = "my_team.hazard:fit"
WRONG = "wrong_team:fit"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT / "examples"))


def with_plugged(family: str, **grid: list[float]) -> ModelSpecification:
    plugged = [{"family": family, "grid": grid}]
    candidates = SETTINGS["candidates"] | {"plugged": plugged}
    return ModelSpecification.from_mapping(SETTINGS | {"candidates": candidates})


@pytest.fixture(scope="module")
def trained() -> tuple[pa.Table, pa.Table, pa.Table, ModelSpecification]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PROJECT / "examples"))
        snapshots, labels = service(400)
        specification = with_plugged(HAZARD, prior_deviation=[0.1, 1.0])
        artifacts = train_churn_models(snapshots, labels, specification)
        return snapshots, labels, artifacts, specification


def test_it_is_judged_beside_the_others(
    trained: tuple[pa.Table, pa.Table, pa.Table, ModelSpecification],
) -> None:
    snapshots, labels, artifacts, specification = trained
    found = {
        (row["algorithm"], row["metric"]): row
        for row in evaluate_churn_models(snapshots, labels, artifacts, specification).to_pylist()
        if row["split"].startswith("date")
    }
    assert {algorithm for algorithm, _ in found} == {
        *("constant", "logistic_regression", "gradient_boosting", HAZARD)
    }
    own = found[HAZARD, "auc"]
    assert own["difference_lower_bound"] > 0
    assert abs(own["value"] - found["logistic_regression", "auc"]["value"]) < 0.03


def test_any_order_of_rows_gives_the_same_version(
    trained: tuple[pa.Table, pa.Table, pa.Table, ModelSpecification],
) -> None:
    snapshots, labels, artifacts, specification = trained
    again = train_churn_models(shuffled(snapshots, 1), shuffled(labels, 2), specification)
    assert again.equals(artifacts)


def test_as_champion_it_scores_and_its_reasons_add_up(
    trained: tuple[pa.Table, pa.Table, pa.Table, ModelSpecification],
) -> None:
    snapshots, _, artifacts, _ = trained
    chosen = decisions(artifacts, version_of(artifacts, HAZARD))
    scores = score_churn(snapshots, artifacts, chosen).to_pylist()
    assert len(scores) == 399
    left = {row["customer_id"]: row["log_odds"] - row["base_log_odds"] for row in scores}
    for row in explain_churn(snapshots, artifacts, chosen).to_pylist():
        left[row["customer_id"]] -= row["contribution"]
    # Each is rounded to twelve digits.
    assert max(map(abs, left.values())) < 1e-10
    one = snapshots.filter(pa.compute.equal(snapshots["customer_id"], scores[7]["customer_id"]))
    assert score_churn(one, artifacts, chosen).to_pylist() == [scores[7]]


def test_no_file_is_written_of_it(
    trained: tuple[pa.Table, pa.Table, pa.Table, ModelSpecification], tmp_path: Path
) -> None:
    _, _, artifacts, _ = trained
    chosen = decisions(artifacts, version_of(artifacts, HAZARD))
    algorithm = {row["model_version"]: row["algorithm"] for row in artifacts.to_pylist()}
    named = [algorithm[version] for version in chosen["model_version"].to_pylist()]
    values = pa.array([None] * chosen.num_rows, pa.decimal128(12, 8))
    table = chosen.append_column("algorithm", pa.array(named)).append_column(
        "deciding_value", values
    )
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as built")
        connection.execute("create schema built.predictions")
        for name, rows in (("eval_churn_decisions", table), ("train_churn_models", artifacts)):
            connection.register("given", rows)
            connection.execute(f"create table built.predictions.{name} as from given")
        written = export_models(connection, "built", tmp_path / "models")
    assert {one.role for one in written} == {"best linear challenger"}


def test_the_code_of_the_function_is_part_of_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for number, comment in enumerate(("# one", "# other")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / f"team_{number}.py").write_text(f"{comment}\ndef fit(): ...\n")
        monkeypatch.syspath_prepend(str(folder))
        found = with_plugged(f"team_{number}:fit")
        texts.append(found.canonical(f"team_{number}:fit").replace(f"team_{number}", "team"))
    assert texts[0] != texts[1]


def test_the_example_finds_what_made_the_rows() -> None:
    """A hazard of exp(-2 + 0.8 x), beside a category that halves it."""
    generator = np.random.default_rng(4)
    count = 20_000
    value = generator.normal(size=count)
    plan = generator.choice(["basic", "basic", "premium"], count)
    hazard = np.exp(-2.0 + 0.8 * value - np.log(2.0) * (plan == "premium"))
    leaves = (generator.random(count) < -np.expm1(-hazard)).astype(np.float64)
    features = Features(count, {"value": value}, {"plan": plan})
    from my_team.hazard import HazardModel, fit

    found = fit(features, Target(BINARY, ("false", "true"), leaves), {"prior_deviation": 10.0}, 0)
    plan_effect, value_effect = found.coefficients[1:]
    assert abs(value_effect / value.std() - 0.8) < 0.05
    assert abs(plan_effect + np.log(2.0)) < 0.12
    unseen = Features(2, {"value": np.array([np.nan, 9.0])}, {"plan": np.array(["new", ""])})
    assert np.isfinite(found.margins(unseen)).all()
    again = HazardModel.from_parameters(found.parameters())
    assert np.array_equal(again.margins(features), found.margins(features))


TEAM = """
import numpy as np

class Model:
    def __init__(self, text="0.5"):
        self.text = text
    def margins(self, features):
        return {margins}
    def parameters(self):
        return {parameters}
    @classmethod
    def from_parameters(cls, parameters):
        return {read}

calls = [0]

def fit(features, target, settings, seed):
    calls[0] += 1
    return {fitted}
"""
RIGHT = {
    "margins": "np.full(features.row_count, float(self.text))",
    "parameters": '{"value": self.text}',
    "read": 'cls(parameters["value"])',
    "fitted": "Model()",
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"margins": "np.zeros((2, features.row_count))"}, r"have the shape \(2, "),
        ({"margins": "np.full(features.row_count, np.nan)"}, "no finite numbers"),
        ({"parameters": '{"value": 0.5}'}, "parameters of wrong_team:fit are texts; value"),
        ({"fitted": "Model(str(calls[0]))"}, r"for the same rows and seed \(value\)"),
        ({"read": 'cls(parameters["value"] + "1")'}, "other margins once its parameters are read"),
        ({"fitted": "3"}, "has no margins, parameters, from_parameters"),
    ],
)
def test_what_breaks_the_contract_is_said(
    changed: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_team(tmp_path, monkeypatch, changed)
    with pytest.raises(ValueError, match=message):
        train()


def test_a_right_one_is_kept_as_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_team(tmp_path, monkeypatch, {})
    candidate = train()
    rows = artifact_rows(candidate, {})
    assert [row.entry_text for row in rows if row.artifact_name == "parameter"] == ["0.5"]
    features = rows_of().features
    again = read_model(reversed(rows))
    assert np.array_equal(again.margins(features), candidate.model.margins(features))
    assert candidate.model.importances() == {}


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("hazard", "has to be a dotted path"),
        ("my_team.hazard", "has to be a dotted path"),
        ("nobody.models:fit", "nobody.models:fit is not to be found .* install its package"),
        ("my_team.hazard:fits", "my_team.hazard:fits is not to be found"),
    ],
)
def test_a_path_that_leads_nowhere_is_said(family: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_plugged(family).canonical(family)


def test_a_family_is_tried_once() -> None:
    with pytest.raises(ValueError, match="names a family twice"):
        ModelSpecification.from_mapping(
            SETTINGS
            | {"candidates": SETTINGS["candidates"] | {"plugged": [{"family": HAZARD}] * 2}}
        )


def write_team(folder: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]) -> None:
    text = TEAM
    for name, code in (RIGHT | changed).items():
        text = text.replace(f"{{{name}}}", code)
    (folder / "wrong_team.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(__import__("sys").modules, "wrong_team", raising=False)


def rows_of() -> TrainingRows:
    generator = np.random.default_rng(1)
    value = generator.normal(size=80)
    target = Target(BINARY, ("false", "true"), (value > 0).astype(np.float64))
    days = np.arange(80)
    return TrainingRows(Features(80, {"value": value}, {}), target, days, days, days)


def train():
    return train_candidates(rows_of(), [WRONG], with_plugged(WRONG))[WRONG]
