"""The command as people type it: what it prints, and the exit codes that schedulers act on."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
import time

import duckdb
import pytest
from typer.testing import CliRunner

from marquee.cli import app
from marquee.contract import ContractError
from marquee.ingest.landing import utc_now
from marquee.lock import LockedError, exclusive, is_held
from marquee.pipeline import ExitCode
from marquee.publish import DATABASE
from marquee.status import freshness_targets
from tests.python.conftest import PROJECT, Deployment, environment

RATING = "customer_id,title_id,rating_value,rated_at\nc1,t1,4,2026-01-05T10:00:00Z\n"


@pytest.fixture
def marquee(deployment: Deployment):
    def call(*arguments: str, **values: str):
        with environment(deployment.paths.environment() | values):
            result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def test_init_makes_an_empty_lake_once(marquee, deployment):
    assert re.search(r": \d\d tables made", marquee("init").output)
    assert ": 0 tables made" in marquee("init").output
    assert deployment.lake.is_initialised()


def test_import_and_ingest(marquee, deployment, real_data):
    assert "wrote" in marquee("import", "movielens", str(real_data / "ml-latest-small")).output
    result = marquee("ingest")
    assert result.exit_code == ExitCode.DONE
    assert "110,425 rows landed = 110,425 loaded + 0 quarantined" in result.output
    assert "3 files were in the lake already" in marquee("ingest").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "nothing", "."), "Known are movielens, watch-click"),
        (("import", "movielens", "/nowhere"), "ratings.csv is missing"),
        (("generate", "--scale", "0"), "scale"),
        (("generate", "--end-date", "tomorrow"), "tomorrow"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(marquee, arguments, words):
    result = marquee(*arguments)
    assert result.exit_code == ExitCode.USAGE
    assert words in result.output
    assert "Traceback" not in result.output


def test_outside_a_project_it_says_where_it_looked(marquee, tmp_path):
    result = marquee("status", MARQUEE_PROJECT=str(tmp_path))
    assert result.exit_code == ExitCode.USAGE
    assert "No dbt_project.yml" in result.output


def test_a_home_that_engines_would_misread_is_refused(marquee, tmp_path):
    result = marquee("init", MARQUEE_HOME=str(tmp_path / "g[1]"))
    assert result.exit_code == ExitCode.USAGE
    assert "Set MARQUEE_HOME to a folder without" in result.output


def test_names_that_look_like_markup_are_shown_as_they_are(marquee, deployment):
    deployment.land("events/events/a[/b].txt", "x")
    deployment.land("events/events/x[final].jsonl", "")
    output = marquee("ingest").output
    assert "events/events/a[/b].txt: the format" in output
    assert "loaded events/events/x[final].jsonl" in output
    assert "a[/b].txt" in marquee("status").output


def test_rejected_files_have_an_exit_code_of_their_own(marquee, deployment):
    deployment.land("events/events/events.doc", "x")
    result = marquee("ingest")
    assert result.exit_code == ExitCode.FILES_REJECTED
    assert "events/events/events.doc: the format is not known" in result.output


def test_lost_columns_have_an_exit_code_of_their_own(marquee, deployment):
    deployment.land("crm/customers/c_2026-01-01.csv", "customer_id,country_code\nc1,DE\n")
    assert marquee("ingest").exit_code == ExitCode.DONE
    deployment.land("crm/customers/c_2026-01-02.csv", "customer_id\nc1\n")
    result = marquee("ingest")
    assert result.exit_code == ExitCode.COLUMNS_LOST
    assert "columns that came before are gone: country_code" in result.output
    assert marquee("ingest").exit_code == ExitCode.DONE


def test_ignored_columns_and_files_without_a_good_row_are_told(marquee, deployment):
    deployment.land("crm/customers/customers_2026-01-31.csv", "customer_id,Country\nc1,DE\n")
    tag = {"customer_id": "c1", "title_id": "t1", "tag_text": "odd", "tagged_at": "yesterday"}
    deployment.land("social/tags/tags.jsonl", json.dumps(tag))
    result = marquee("ingest")
    assert "1 rows, ignored columns: Country" in result.output
    assert "0 rows, 1 quarantined, nothing could be loaded" in result.output
    assert "nothing of social.tags" in marquee("status").output


def test_a_key_that_could_be_guessed_is_one_line_and_exit_code_2(marquee, deployment):
    deployment.land("crm/customers/customers_2026-01-31.csv", "customer_id\nc1\n")
    result = marquee("ingest", MARQUEE_HASH_KEY="short")
    assert result.exit_code == ExitCode.USAGE
    assert "The key in MARQUEE_HASH_KEY is shorter than 32 characters" in result.output
    assert marquee("ingest", MARQUEE_HASH_KEY="").exit_code == ExitCode.DONE
    assert (deployment.lake.vault / "hash.key").exists()


def test_publishing_nothing_is_refused(marquee):
    marquee("init")
    result = marquee("publish")
    assert result.exit_code == ExitCode.PUBLISH_REFUSED
    assert "dbt build" in result.output


def test_two_writers_are_one_too_many(marquee, deployment):
    with exclusive(deployment.paths.runs):
        with pytest.raises(LockedError, match="process"), exclusive(deployment.paths.runs):
            pass
        result = marquee("ingest")
    assert result.exit_code == ExitCode.LOCKED
    assert marquee("ingest").exit_code == ExitCode.DONE


def test_status_before_anything_names_the_first_command(marquee):
    result = marquee("status")
    assert result.exit_code == ExitCode.USAGE
    assert "marquee init" in result.output
    assert marquee("summary").exit_code == ExitCode.USAGE


def test_status_says_what_waits_what_is_absent_and_what_is_rejected(marquee, deployment):
    deployment.land("social/ratings/broken.txt", "x")
    deployment.land("crm/customers/customers_2026-01-31.csv", "customer_id\nc1\n")
    marquee("ingest")
    deployment.land("crm/customers/customers_2026-02-28.csv", "customer_id\nc1\n")
    output = marquee("status").output
    assert re.search(r"crm\.customers +1 +1 +0 +2026-01-31", output)
    assert (
        "nothing of events.events: Nothing is known of what customers watch; recommendations rest "
        "on ratings and tags alone." in output
    )
    assert "can't be taken: social/ratings/broken.txt" in output
    assert "1 landed files are not in the lake" in output
    assert "nothing is published yet" in output


def test_a_source_older_than_promised_is_an_alarm_with_an_exit_code_of_its_own(marquee, deployment):
    yesterday = utc_now().date() - dt.timedelta(days=1)
    deployment.land(f"crm/customers/customers_{yesterday}.csv", "customer_id\nc1\n")
    marquee("ingest")
    fresh = marquee("status", "--fail-on-stale")
    assert fresh.exit_code == ExitCode.DONE
    assert "stale source" not in fresh.output
    deployment.land("social/ratings/ratings.csv", RATING)
    marquee("ingest")
    stale = marquee("status", "--fail-on-stale")
    assert stale.exit_code == ExitCode.STALE
    told = " ".join(stale.output.split())
    assert re.search(
        r"stale source social\.ratings: its newest data is [0-9,]+ hours old, at most 72 were "
        r"promised; ask community",
        told,
    )
    assert "stale source crm.customers" not in told
    assert marquee("status").exit_code == ExitCode.DONE


def test_a_target_that_is_no_number_is_one_line(tmp_path):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "freshness_targets.csv").write_text(
        "source_name,table_name,maximum_age_hours,owner\ncrm,customers,soon,me\n"
    )
    with pytest.raises(ContractError, match="line 2: it needs"):
        freshness_targets(tmp_path)


def test_every_landed_table_has_a_target(contract):
    assert set(freshness_targets(PROJECT)) == {table.full_name for table in contract.landed()}


def test_status_names_features_of_the_champion_that_have_drifted(marquee, deployment):
    def told_with(statement: str) -> str:
        with duckdb.connect(str(deployment.paths.published / DATABASE)) as connection:
            connection.execute(statement)
        return " ".join(marquee("status").output.split())

    marquee("init")
    deployment.paths.published.mkdir(parents=True)
    # Published by a release that measured no drift.
    told = told_with(
        "create schema catalog; create schema serving; "
        "create table catalog.publication as select 'v1' as version, 0 as load_id"
    )
    assert "published v1 is up to date" in told
    told = told_with(
        "create table serving.model_versions as from (values "
        "('churn', 'first', 'champion'), ('churn', 'other', 'challenger')) "
        "as given (model_name, model_version, status); "
        "create table serving.feature_drifts as from (values "
        "('churn', 'first', 'a', 'drifted', 0.31, 0.0, 0.5, false, date '2026-06-01'), "
        "('churn', 'first', 'b', 'drifted', 0.412, 0.0, 0.0, false, date '2026-06-01'), "
        "('churn', 'first', 'c', 'moved', 0.2, 0.0, 0.0, false, date '2026-06-01'), "
        "('churn', 'first', 'old', 'drifted', 9.9, 0.0, 0.0, true, date '2026-06-01'), "
        "('churn', 'other', 'd', 'drifted', 9.9, 0.0, 0.0, false, date '2026-06-01')) "
        "as given (model_name, model_version, feature, drift_status, stability_index, "
        "training_missing_rate, scored_missing_rate, is_ignored, as_of_date)"
    )
    assert (
        "drifted: of 4 features of model churn (first) 2 were distributed otherwise in training "
        "than on 2026-06-01: b (index 0.41, missing 0 % then, 0 % now), a (index 0.31, missing 0 "
        "% then, 50 % now). Its scores may mislead."
    ) in told
    assert "drifted" not in told_with("update serving.feature_drifts set is_ignored = true")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({}, "nothing is published yet"),
        (
            {"target": "trino"},
            "the last run was for trino; what is published there it tells itself",
        ),
    ],
)
def test_status_says_where_the_last_run_went(marquee, deployment, target, words):
    marquee("init")
    deployment.paths.runs.mkdir(exist_ok=True)
    record = {"run_id": "20260101T000000-1", "status": "succeeded", "stages": []}
    (deployment.paths.runs / "20260101T000000-1.json").write_text(json.dumps(record | target))
    told = " ".join(marquee("status").output.split())
    assert words in told
    assert ("nothing is published yet" in told) == (not target)


@pytest.mark.slow
def test_run_does_everything_and_records_it(marquee, deployment, capfd):
    deployment.generate(scale=0.002, days=20)
    deployment.land("events/events/odd.doc", "x")
    result = marquee("run")
    assert result.exit_code == ExitCode.FILES_REJECTED
    assert "published v000001" in result.output
    [path] = deployment.paths.runs.glob("*.json")
    record = json.loads(path.read_text())
    assert record["status"] == "succeeded"
    assert [stage["name"] for stage in record["stages"]] == ["init", "ingest", "build", "publish"]
    assert "odd.doc" in record["stages"][1]["message"]
    assert "is up to date" in marquee("status").output
    summary = marquee("summary").output
    assert "serving.customer_recommendations" in summary
    assert "jdbc:duckdb:" in summary
    assert "Models" in summary

    # A model that fails leaves readers what they had, and says so in code, record and status.
    event = {"event_id": "z", "event_type": "browse", "device_id": "d"}
    event |= dict.fromkeys(("event_at", "received_at"), "2026-06-30T12:00:00Z")
    deployment.land("events/events/more.jsonl", json.dumps(event))
    result = marquee("run", MARQUEE_AS_OF_DATE="not a date")
    assert result.exit_code == ExitCode.BUILD_FAILED
    assert "What was published before is untouched" in result.output
    status = marquee("status").output
    assert "build failed" in status
    assert "stale" in status
    assert "published v000001" in status

    # As an upgrade leaves it: tables that other definitions made. The message is what to type.
    with deployment.writing() as connection:
        connection.execute("update audit.model_loads set definition_hash = 'of an older release'")
    capfd.readouterr()
    assert marquee("run").exit_code == ExitCode.BUILD_FAILED
    told = capfd.readouterr().out
    assert "int_event_resolutions" in told
    assert "marquee run --full-refresh" in told
    result = marquee("run", "--full-refresh")
    assert result.exit_code == ExitCode.FILES_REJECTED
    assert "published v000002" in result.output
    assert "is up to date" in marquee("status").output


@pytest.mark.slow
def test_a_run_that_was_killed_can_simply_be_run_again(marquee, deployment):
    deployment.generate(scale=0.002, days=20)
    command = [sys.executable, "-m", "marquee", "run"]
    values = {**os.environ, **deployment.paths.environment()}
    with subprocess.Popen(command, env=values, stdout=subprocess.DEVNULL) as process:
        while not build_has_begun(deployment):
            assert process.poll() is None
            time.sleep(0.05)
        # The record is written just before dbt starts, and dbt runs for several seconds.
        time.sleep(1)
        process.kill()
    # dbt is not killed with its parent: until it has ended nobody else may write.
    assert marquee("ingest").exit_code == ExitCode.LOCKED
    while is_held(deployment.paths.runs):
        time.sleep(0.1)
    assert "killed: init succeeded" in marquee("status").output
    assert marquee("run").exit_code == ExitCode.DONE
    assert "published v000001 is up to date" in marquee("status").output


def build_has_begun(deployment: Deployment) -> bool:
    records = list(deployment.paths.runs.glob("*.json"))
    return bool(records) and '"name": "build"' in records[0].read_text()
