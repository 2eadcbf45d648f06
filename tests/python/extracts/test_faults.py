"""An extraction that died or lost its server is simply run again: nothing is lost or doubled."""

import os
import subprocess
import sys

import pytest

from marquee.extracts.table_reader import TableReader
from marquee.forgetting import Customers, forget_in_lake
from marquee.pipeline import ExitCode
from tests.python.conftest import HASH_KEY, PROJECT, Deployment, environment
from tests.python.extracts.conftest import PASSWORD, Shop
from tests.python.extracts.test_extraction import (
    CHANGED_SUBSCRIPTIONS,
    INSERT_PAYMENTS,
    INSERT_SUBSCRIPTIONS,
    MAKE_PAYMENTS,
    PAYMENTS,
    SUBSCRIPTIONS,
    subscriptions,
)
from tests.python.test_faults import Point, die

pytestmark = pytest.mark.slow

REMEMBERED = Point("placed .*/extracts/")
KILOBYTES = 700 * 1024
"""What a process that reads a million rows may take, of which the packages alone take 200 MB."""


def changed(shop: Shop) -> None:
    """A shop with two tables that was extracted once, and in which then something happened."""
    shop.server.execute(MAKE_PAYMENTS, INSERT_PAYMENTS.format("timestamptz '2026-01-01'", 1, 3))
    subscriptions(shop, CHANGED_SUBSCRIPTIONS)
    shop.configure(CHANGED_SUBSCRIPTIONS, PAYMENTS)
    shop.extract()
    shop.deployment.ingest()
    shop.server.execute(
        INSERT_PAYMENTS.format("timestamptz '2026-01-02'", 4, 5),
        "delete from subscriptions where customer_id = 9007199254740993 + 2",
        INSERT_SUBSCRIPTIONS.format(6, 7).replace("2026-02-01", "2026-03-01"),
    )


@pytest.mark.parametrize(
    "point",
    [
        Point("placing .*/landing/"),
        Point("placed .*/landing/"),
        Point("placed .*/landing/", 2),
        Point("placing .*/extracts/"),
        REMEMBERED,
    ],
    ids=str,
)
def test_what_was_killed_is_extracted_again_as_the_same_files(shop: Shop, point: Point):
    changed(shop)
    path = shop.deployment.paths.home / "shop.yml"
    die(shop.deployment, point, "extract", str(path), **shop.server.variables)
    # Whether somebody took what had landed so far makes no difference.
    shop.deployment.ingest()
    shop.extract()
    assert shop.deployment.ingest().rejected == []
    found = set(shop.deployment.lake_rows("billing.payments", "payment_id"))
    assert found == {(str(number),) for number in range(1, 6)}
    # The same bytes are the same file; where the state was written, the overlap lands once more.
    increments = list((shop.deployment.paths.landing / "billing/payments").iterdir())
    assert len(increments) == (3 if point == REMEMBERED else 2)
    [whole, _] = shop.extract(whole=True)
    assert whole.row_count == 6
    # What was merged has the very bytes of what is read as a whole.
    assert len(list(whole.path.parent.iterdir())) == 2


def test_a_lost_state_is_made_good_by_reading_all(shop: Shop):
    changed(shop)
    (shop.deployment.paths.home / "extracts" / "shop.json").write_text("{")
    done = shop.extract()
    assert [one.is_whole for one in done] == [True, True]
    shop.deployment.ingest()
    found = shop.deployment.lake_rows("billing.payments", "payment_id")
    assert {key for (key,) in found} == {"1", "2", "3", "4", "5"}


def test_a_server_that_restarts_in_between_is_read_again_from_one_moment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    shop.server.execute(MAKE_PAYMENTS, INSERT_PAYMENTS.format("now()", 1, 1))
    subscriptions(shop, SUBSCRIPTIONS, 1)
    shop.configure(SUBSCRIPTIONS, PAYMENTS)
    read = TableReader.read

    def and_the_server_restarts(self, moment):
        done = read(self, moment)
        monkeypatch.setattr(TableReader, "read", read)
        shop.server.stop()
        shop.server.start()
        shop.server.execute(
            INSERT_PAYMENTS.format("now()", 2, 2), INSERT_SUBSCRIPTIONS.format(2, 2)
        )
        return done

    monkeypatch.setattr(TableReader, "read", and_the_server_restarts)
    assert [done.row_count for done in shop.extract()] == [2, 2]
    assert len(shop.notes) == 1
    assert "public.payments" in shop.notes[0]


def marquee(shop: Shop, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "marquee", *command],
        cwd=PROJECT,
        env=os.environ
        | shop.deployment.paths.environment()
        | {"MARQUEE_HASH_KEY": HASH_KEY, "MARQUEE_LOG": str(shop.deployment.paths.home / "log")}
        | shop.server.variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_tells_what_it_did_and_the_password_stands_nowhere(shop: Shop):
    subscriptions(shop, SUBSCRIPTIONS)
    path = str(shop.deployment.paths.home / "shop.yml")
    done = marquee(shop, "extract", path)
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")
    assert "5 rows in all" in done.stdout
    shop.server.stop()
    try:
        shop.configure(SUBSCRIPTIONS, attempts=2, wait_seconds=0)
        lost = marquee(shop, "extract", path)
    finally:
        shop.server.start()
    assert lost.returncode == ExitCode.SOURCE_UNAVAILABLE
    assert "trying again" in lost.stderr
    for text in (done.stdout, lost.stdout, lost.stderr):
        assert PASSWORD not in text
    for file in shop.deployment.paths.home.rglob("*"):
        assert file.is_dir() or PASSWORD.encode() not in file.read_bytes()
    assert marquee(shop, "extract", "nothing").returncode == ExitCode.USAGE


def test_what_a_killed_extraction_left_is_forgotten_with_the_customer(deployment: Deployment):
    deployment.ingest()
    half = deployment.land("crm/customers/.shop.extract", "half of a file")
    deployment.lake.work.mkdir(exist_ok=True)
    rows = deployment.lake.work / "rows.parquet"
    rows.write_text("as they came")
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        forget_in_lake(deployment.paths, deployment.lake, Customers(("c1",)), False)
    assert (half.exists(), rows.exists()) == (False, False)


@pytest.mark.long
def test_a_million_rows_are_read_in_bounded_memory(shop: Shop):
    shop.server.execute(MAKE_PAYMENTS, INSERT_PAYMENTS.format("now()", 1, 1_000_000))
    path = shop.configure(PAYMENTS)
    command = [sys.executable, "-m", "marquee", "extract", str(path)]
    variables = shop.deployment.paths.environment() | shop.server.variables
    process = subprocess.Popen(
        command, cwd=PROJECT, env=os.environ | variables, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert used.ru_maxrss < KILOBYTES
