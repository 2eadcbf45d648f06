"""One batch, with every type of the contract, is the same in the lake whatever its format."""

import hashlib

import pyarrow as pa
import pytest

from marquee.contract import Table
from tests.python.conftest import Deployment, deployment_in
from tests.python.ingest.batches import files_of, sound_rows, writers

TABLES = ["crm.customers", "dam.titles", "billing.payments", "events.events"]
DAY = "2026-07-01"
TEXTS = {
    "crm.customers": "full_name",
    "dam.titles": "title_name",
    "events.events": "search_text",
}
ODD_TEXT = 'The "Fifth", Act\nof  Ásta — 夜 🎬 \\N |'


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Deployment:
    deployment = deployment_in(tmp_path_factory.mktemp("service"))
    deployment.generate(scale=0.002, days=30)
    return deployment


def batch_of(service: Deployment, table: Table) -> pa.Table:
    """The sound rows of the largest landed file, with one text of every trouble."""
    rows = sound_rows(max(files_of(service, table), key=lambda file: file.path.stat().st_size))
    name = TEXTS.get(table.full_name)
    if name is None:
        return rows
    place = rows.column_names.index(name)
    return rows.set_column(place, name, pa.array([ODD_TEXT, *rows[place].to_pylist()[1:]]))


def digest(deployment: Deployment, table: Table) -> str:
    """A hash of what the lake has of a batch, in order, without the files' own keys."""
    sha256 = hashlib.sha256()
    names = [table, *(item.child for item in table.lists), *([table.vault] if table.vault else [])]
    for part in names:
        columns = ", ".join([*(column.name for column in part.columns), "_row_number"])
        rows = deployment.lake_rows(part.full_name, columns)
        assert rows or part is not table
        sha256.update(repr((part.full_name, rows)).encode())
    return sha256.hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_one_batch_is_one_table_whatever_the_format(service, new_deployment, name):
    table = service.lake.contract.table(*name.split("."))
    batch = batch_of(service, table)
    assert batch.num_rows > 9
    digests = {}
    for kind, (suffix, write) in writers(table).items():
        deployment = new_deployment(kind)
        path = f"{table.source}/{table.name}/batch_{DAY}{suffix}"
        deployment.land(path, write(batch))
        [loaded] = deployment.ingest().loaded
        assert (loaded.loaded_row_count, loaded.quarantined_row_count) == (batch.num_rows, 0), kind
        digests[kind] = digest(deployment, table)
    assert len(set(digests.values())) == 1, digests
