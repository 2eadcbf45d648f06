"""Ingestion from store to store: the rows are those of folders, whatever happens meanwhile."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from marquee.cli import app
from marquee.ingest.landed_objects import LandedObjects
from marquee.ingest.loading import ingest
from marquee.ingest.watching import Watch
from marquee.objectstore import ObjectPath, duckdb_access
from marquee.objectstore.client import client
from marquee.objectstore.object_lock import exclusive_object
from marquee.objectstore.object_path import PART_BYTES
from marquee.pipeline import ExitCode
from tests.python.conftest import HASH_KEY, NOW, PROJECT, Deployment, deployment_in, environment
from tests.python.objectstore.store import BUCKET, Store

TAGS = "customer_id,title_id,tag_text,tagged_at\n"
ROW = "c1,t{0},x,2026-01-01T00:00:00Z\n"
CUSTOMERS = "customer_id,full_name,email,birth_date\nc1,Ann Example,ann@example.com,1990-01-01\n"
TITLE = '{"title_id": "t1", "title_name": "Heat", "genres": ["a"]}\n'
DYING = Path(__file__).parents[1] / "dying"


def tags(*numbers: int) -> str:
    return TAGS + "".join(ROW.format(number) for number in numbers)


@pytest.fixture
def marquee(deployment: Deployment):
    def call(*arguments: str, **values: str):
        with environment({"MARQUEE_HASH_KEY": HASH_KEY} | values):
            result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def everything(deployment: Deployment) -> dict[str, object]:
    found = {
        name: deployment.lake_rows(name)
        for name in ("social.tags", "crm.customers", "restricted.crm_customers", "dam.titles")
    }
    return found | {
        "manifest": deployment.ledger("manifest", "* exclude (ingested_at)"),
        "quarantine": deployment.quarantined("*"),
        "profiles": deployment.ledger("profiles", "*"),
    }


def land(deployment: Deployment) -> None:
    deployment.land("social/tags/one.csv", tags(1, 2) + "c1,t9,x,never\n")
    deployment.land("social/tags/of day/two [x].csv", tags(3))
    deployment.land("social/tags/copy.csv", tags(3))
    deployment.land("crm/customers/customers_2026-01-02.csv", CUSTOMERS)
    deployment.land("dam/titles/no_suffix_2026-01-03", '{"title_id": "t1"}\n')
    deployment.land("dam/titles/titles_2026-01-02.jsonl", TITLE)
    for name in (".hidden.csv", "_later.csv", "two.csv.part", "_folder/x.csv"):
        deployment.land(f"social/tags/{name}", "not read")
    deployment.land("social/tags/wrong.parquet", "no Parquet at all")


def test_all_is_as_in_folders(deployment: Deployment, tmp_path: Path):
    folders = deployment_in(tmp_path / "folders")
    reports = []
    for one in (deployment, folders):
        land(one)
        reports.append(one.ingest())
    assert everything(deployment) == everything(folders)
    stored, local = (
        (
            sorted(file.file.name for file in report.loaded),
            [file.name for file in report.known],
            sorted(str(error) for error in report.rejected),
        )
        for report in reports
    )
    assert stored == local
    assert len(stored[2]) == 2
    # What was on its way through this machine is gone.
    assert list(deployment.lake.work.rglob("*")) == []
    assert not any(path.is_file() for path in deployment.paths.home.rglob("*"))


def test_objects_that_are_known_by_their_etag_are_not_read_again(
    deployment: Deployment, store: Store
):
    deployment.land("social/tags/one.csv", tags(1))
    deployment.ingest()
    memory = deployment.paths.home / "objects.json"

    def again() -> tuple[int, int]:
        store.requests.clear()
        report = ingest(
            *(deployment.paths.landing, deployment.lake, lambda _: None),
            now=NOW,
            objects=LandedObjects(memory),
        )
        return len(report.known), store.count("GET .*/landing/social/tags/one.csv")

    assert again() == (1, 1)
    assert again() == (1, 0)
    path = deployment.land("social/tags/one.csv", tags(1, 2))
    assert again() == (0, 1)
    assert len(deployment.lake_rows("social.tags")) == 3
    memory.unlink()
    assert again() == (1, 1)
    # What was taken out of landing is not remembered for ever.
    path.unlink()
    deployment.land("social/tags/two.csv", tags(3))
    assert again() == (0, 0)
    assert list(json.loads(memory.read_text())) == [
        f"{deployment.paths.landing}/social/tags/two.csv"
    ]


def test_an_upload_that_is_not_complete_is_not_seen(deployment: Deployment, store: Store):
    path = deployment.paths.landing / "social/tags/large.csv"
    content = tags(*range(250_000)).encode()
    assert len(content) > PART_BYTES > 5 << 20
    upload = {"Bucket": BUCKET, "Key": path.key}
    upload["UploadId"] = client().create_multipart_upload(**upload)["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(content), PART_BYTES), start=1):
        body = content[start : start + PART_BYTES]
        part = client().upload_part(**upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
        report = deployment.ingest()
        assert (report.loaded, report.rejected) == ([], [])
    client().complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert [file.loaded_row_count for file in deployment.ingest().loaded] == [250_000]


def test_more_files_than_a_page_holds_are_all_looked_at(deployment: Deployment, store: Store):
    landing = deployment.paths.landing
    for number in range(1005):
        store.backend.put_object(BUCKET, f"{landing.key}/social/no_table/{number}.csv", b"")
    store.backend.put_object(BUCKET, f"{landing.key}/social/tags/last.csv", tags(1).encode())
    report = deployment.ingest()
    assert len(report.rejected) == 1005
    assert len(report.loaded) == 1


def test_a_key_that_is_no_path_is_told_of(deployment: Deployment, store: Store):
    store.backend.put_object(BUCKET, f"{deployment.paths.landing.key}/social//tags/a.csv", b"x")
    [error] = deployment.ingest().rejected
    assert "Copy it to a key without //" in str(error)


def test_an_object_that_is_replaced_while_it_is_copied_is_for_the_next_run(
    deployment: Deployment, store: Store
):
    content = tags(*range(100_000)).encode()
    path = deployment.land("social/tags/a.csv", content)
    deployment.land("social/tags/b.csv", tags(1))

    def replace(request: str) -> None:
        if request.startswith("GET") and request.endswith("/tags/a.csv"):
            store.before = lambda _: None
            store.backend.put_object(BUCKET, path.key, content + b"c2,t,x,2026-01-01T00:00:00Z\n")

    store.before = replace
    report = deployment.ingest()
    assert [str(error) for error in report.rejected] == [
        "social/tags/a.csv: it was replaced while it was read. The next run takes it."
    ]
    assert [file.file.name for file in report.loaded] == ["social/tags/b.csv"]
    assert [file.loaded_row_count for file in deployment.ingest().loaded] == [100_001]


def test_watching_takes_new_and_replaced_objects(deployment: Deployment):
    watch = Watch(deployment.paths.landing, deployment.lake.contract, settle_seconds=0)
    path = deployment.land("social/tags/a.csv", tags(1))
    for content in (tags(1), tags(1, 2)):
        path.write_bytes(content.encode())
        due = watch.due()
        assert list(due) == [path]
        deployment.ingest()
        watch.ingested(due, due)
        assert watch.due() == {}


def test_a_store_that_fails_now_and_then_changes_nothing(deployment: Deployment, store: Store):
    deployment.land("social/tags/a.csv", tags(1, 2))
    deployment.ingest()
    deployment.land("social/tags/b.csv", tags(3))
    for kind in ("PUT ", r"GET [^?]*\.csv", "HEAD ", "list-type"):
        store.fail(kind, times=1)
        store.fail(kind, times=1, status="500 Internal Server Error", code="InternalError")
    assert len(deployment.ingest().loaded) == 1
    assert all(fault.left == 0 for fault in store.faults)
    assert len(deployment.lake_rows("social.tags")) == 3


def test_a_store_that_is_lost_between_rows_and_manifest_leaves_nothing_that_counts(
    deployment: Deployment, store: Store, marquee
):
    marquee("init")
    deployment.land("social/tags/a.csv", tags(1, 2))
    store.fail("PUT .*/_manifest/", times=100)
    result = marquee("ingest")
    assert result.exit_code == ExitCode.STORE_FAILED
    assert f"{deployment.paths.lake}/_manifest/" in result.output.replace("\n", "")
    assert "the store failed" in result.output
    assert deployment.lake_rows("social.tags") == []
    assert len(list((deployment.paths.lake / "social/tags").glob("*/*.parquet"))) == 2
    store.reset()
    assert marquee("ingest").exit_code == ExitCode.DONE
    assert len(deployment.lake_rows("social.tags")) == 2


@pytest.mark.slow
def test_a_kill_between_rows_and_manifest_leaves_nothing_that_counts(
    deployment: Deployment, store: Store, marquee
):
    marquee("init")
    deployment.land("social/tags/a.csv", tags(1, 2))
    killed = subprocess.run(
        [sys.executable, "-m", "marquee", "ingest"],
        cwd=PROJECT,
        env=os.environ
        | {"MARQUEE_HASH_KEY": HASH_KEY, "PYTHONPATH": os.pathsep.join([str(DYING), *sys.path])}
        | {"MARQUEE_LOG": str(deployment.paths.home / "steps.log")}
        | {"DIE_AT": "placing s3://.*/_manifest/"},
        capture_output=True,
        check=False,
        start_new_session=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert deployment.lake_rows("social.tags") == []
    # The lock that it left in the store is its own deployment's.
    assert (deployment.paths.lake / "_lock").is_file()
    assert marquee("ingest").exit_code == ExitCode.DONE
    assert len(deployment.lake_rows("social.tags")) == 2
    assert not (deployment.paths.lake / "_lock").exists()


def test_two_deployments_do_not_write_one_lake(deployment: Deployment, marquee, tmp_path: Path):
    marquee("init")
    with exclusive_object(deployment.paths.lake / "_lock", tmp_path):
        result = marquee("ingest")
        assert result.exit_code == ExitCode.LOCKED
        assert "Another deployment is writing here (process" in result.output
    assert marquee("ingest").exit_code == ExitCode.DONE


def test_commands_say_what_the_store_refuses(deployment: Deployment, store: Store, marquee):
    marquee("init")
    store.fail(".", times=1000, status="403 Forbidden", code="InvalidAccessKeyId")
    result = marquee("ingest")
    assert result.exit_code == ExitCode.STORE_FAILED
    assert "refuses the credentials" in result.output
    assert "s3://" in result.output


def test_a_lost_store_ends_a_command_that_reads_through_duckdb(
    deployment: Deployment, store: Store, marquee
):
    marquee("init")
    store.fail("GET .*/_manifest/", times=1000, status="500 Internal Server Error")
    result = marquee("ingest")
    assert result.exit_code == ExitCode.STORE_FAILED
    assert "Check the object store, AWS_ENDPOINT_URL" in result.output


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"MARQUEE_LAKE": "gs://bucket/lake"}, "Name a folder, or s3://bucket/prefix"),
        ({"MARQUEE_LAKE": "s3://bucket/lake/"}, "no / at the end"),
        ({"MARQUEE_LANDING": "s3://bucket"}, "Write s3://bucket/prefix"),
        ({"MARQUEE_HOME": "s3://bucket/home"}, "holds the warehouse and locks, which need a disk"),
    ],
)
def test_roots_that_can_not_be_used_are_refused(marquee, values, words):
    result = marquee("init", **values)
    assert result.exit_code == ExitCode.USAGE
    assert words in result.output


def test_without_the_extra_it_says_what_to_install(marquee, monkeypatch):
    monkeypatch.setattr(duckdb_access, "find_spec", lambda _: None)
    result = marquee("init")
    assert result.exit_code == ExitCode.USAGE
    assert "pip install 'marquee[s3]'" in result.output


@pytest.mark.parametrize(
    "command", [("run", "--target", "trino"), ("parity",), ("trino", "start")], ids=" ".join
)
def test_what_reads_folders_only_is_refused(marquee, command):
    result = marquee(*command)
    assert result.exit_code == ExitCode.USAGE
    assert "Trino on this machine reads folders, and MARQUEE_LANDING is s3://" in result.output


def test_faulty_rows_are_repaired_and_replayed(deployment: Deployment, marquee):
    marquee("init")
    deployment.land("social/tags/a.csv", tags(1) + "c1,t9,x,never\n")
    marquee("ingest")
    assert "1" in marquee("quarantine", "list").output
    marquee("quarantine", "repair")
    path = deployment.paths.home / "lake/restricted/repairs/000001.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    line = json.loads(path.read_text())
    line["record"]["tagged_at"] = "2026-01-02T00:00:00Z"
    path.write_text(json.dumps(line))
    assert "1 rows replayed: 1 loaded" in marquee("quarantine", "replay", str(path)).output
    assert len(deployment.lake_rows("social.tags")) == 2
    [repaired] = (deployment.paths.landing / "_repaired").rglob("*.jsonl")
    assert isinstance(repaired, ObjectPath)
    assert "0 rows replayed" in marquee("quarantine", "replay", str(path)).output


def test_an_import_lands_in_the_store(deployment: Deployment, marquee, tmp_path: Path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,4.0,964982703\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n2,Heat (1995),Crime\n")
    (tmp_path / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,2,good,964982703\n")
    result = marquee("import", "movielens", str(tmp_path))
    assert f"wrote {deployment.paths.landing}/" in result.output
    assert len(list(deployment.paths.landing.entries())) == 3
    marquee("init")
    assert "3 rows landed = 3 loaded" in marquee("ingest").output
