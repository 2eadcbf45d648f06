"""A score that is asked for one customer has the digits of the batch."""

import duckdb
import pytest
from typer.testing import CliRunner

from marquee.cli import app
from marquee.pipeline import ExitCode
from marquee.publish import DATABASE
from marquee.score import NoScoreError, score_customer
from tests.python.conftest import Deployment, environment


@pytest.mark.slow
def test_one_score_has_the_digits_of_the_batch(built: Deployment):
    batch = built.query(
        "select customer_id, as_of_date, model_version, churn_probability, base_log_odds, log_odds "
        "from predictions.score_customer_churn order by hash(customer_id) limit 5"
    )
    assert batch
    for *expected, log_odds in batch:
        score = score_customer(built.paths, expected[0])
        found = [score.customer_id, score.as_of_date, score.model_version]
        assert [*found, score.churn_probability, score.base_log_odds] == expected
        parts = sum((part for *_, part in score.contributions), score.base_log_odds)
        assert abs(float(parts - log_odds)) < 1e-9


@pytest.mark.slow
def test_a_prediction_leads_to_the_files_behind_it(built: Deployment):
    with duckdb.connect(str(built.paths.published / DATABASE), read_only=True) as connection:
        [(customer_id,)] = connection.execute(
            "select customer_id from serving.customer_churn_risks "
            "order by hash(customer_id) limit 1"
        ).fetchall()
        rows = connection.execute(
            "select origins.training_fingerprint, origins.feature_values, files.source_name, "
            "files.table_name, files.file_key, files.as_of_date "
            "from serving.customer_churn_risks as risks "
            "inner join serving.churn_prediction_origins as origins "
            "using (customer_id, as_of_date, model_version) "
            "inner join catalog.prediction_source_files as files using (model_version, as_of_date) "
            "where risks.customer_id = ? and files.file_use = 'scoring'",
            [customer_id],
        ).fetchall()
        manifest = {
            (source, table, key): day
            for source, table, key, day in connection.execute(
                "select source_name, table_name, file_key, "
                "coalesce(extract_date, cast(first_event_at as date)) from catalog.file_manifest"
            ).fetchall()
        }
    assert len({(fingerprint, values) for fingerprint, values, *_ in rows}) == 1
    found = {(source, table, key) for *_, source, table, key, _ in rows}
    assert len(found) == len(rows)
    tables = {(source, table) for source, table, _ in found}
    assert {
        ("events", "events"),
        ("billing", "subscriptions"),
        ("crm", "customers"),
        ("dam", "titles"),
    } <= tables
    # Nothing is learned from these two, and child tables land with their parents.
    assert (
        not {("ads", "creatives"), ("marquee", "file_manifest"), ("dam", "title_genres")} & tables
    )
    [as_of_date] = {row[-1] for row in rows}
    assert found == {
        file
        for file, day in manifest.items()
        if file[:2] in tables and (day is None or day <= as_of_date)
    }


@pytest.mark.slow
def test_the_command_tells_probability_day_and_version(built: Deployment):
    [(customer_id, version, probability)] = built.query(
        "select customer_id, model_version, churn_probability "
        "from predictions.score_customer_churn order by customer_id limit 1"
    )
    with environment(built.paths.environment()):
        told = CliRunner().invoke(app, ["score", "churn", "--customer-id", customer_id])
        unknown = CliRunner().invoke(app, ["score", "churn", "--customer-id", "nobody"])
    assert told.exit_code == 0
    for part in (customer_id, version, str(probability), "(everybody)"):
        assert part in told.stdout
    assert unknown.exit_code == ExitCode.USAGE
    with pytest.raises(NoScoreError, match="nobody is no customer on the newest snapshot day"):
        score_customer(built.paths, "nobody")


def test_without_a_build_the_message_says_what_to_run(deployment: Deployment):
    with pytest.raises(NoScoreError, match="marquee run"):
        score_customer(deployment.paths, "c1")
