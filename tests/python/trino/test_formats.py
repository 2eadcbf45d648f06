"""One batch in every format is the same to Trino, and what Trino writes is read here."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
import trino.dbapi

from marquee.trino import TrinoServer
from tests.python.conftest import Deployment
from tests.python.trino.conftest import IN_EVERY_FORMAT, Twins

pytestmark = pytest.mark.slow

VIEWS = {
    "avro": "avro",
    "orc": "orc",
    "csv": "csv",
    "json_lines": "json_lines",
    "sequence_file": "sequence_file",
    "hive_rows": "sequence_file",
}
"""The folder that a batch landed in, and the format of the view that shows it."""
CODECS = ["NONE", "SNAPPY", "LZ4", "ZSTD", "GZIP"]


def landed(twins: Twins, name: str, folder: str, view: str, chosen: list[str]) -> list[tuple]:
    return twins.ask(
        f"select {', '.join(chosen)} from lake.landing.{name.replace('.', '__')}__{view} "
        f"where landing_file like '%/formats/{folder}/%' order by 1"
    )


def parsed(row: tuple) -> list:
    """The lists of a title; the fields of an object have no order."""
    return [json.loads(document) for document in row[1:]]


@pytest.mark.parametrize("name", IN_EVERY_FORMAT)
@pytest.mark.parametrize("folder", VIEWS)
def test_one_batch_has_the_same_rows_in_every_format(twins: Twins, name: str, folder: str):
    """Texts are cast to the types of the contract; a name with a line end is two lines to Hive."""
    table = twins.deployment.lake.contract.table(*name.split("."))
    columns = [f'cast("{c.name}" as {c.data_type})' for c in table.landed_columns]
    expected = landed(twins, name, "parquet", "parquet", columns)
    assert expected
    assert landed(twins, name, folder, VIEWS[folder], columns) == expected


@pytest.mark.parametrize("folder", [folder for folder in VIEWS if folder != "csv"])
def test_lists_are_the_same_in_every_format_that_has_lists(twins: Twins, folder: str):
    table = twins.deployment.lake.contract.table("dam", "titles")
    names = [item.name for item in table.lists]
    has_lists = folder in ("avro", "orc")
    shown = [f"json_format(cast({name} as json))" if has_lists else name for name in names]
    typed = [f"json_format(cast({name} as json))" for name in names]
    expected = landed(twins, "dam.titles", "parquet", "parquet", ["title_id", *typed])
    found = landed(twins, "dam.titles", folder, VIEWS[folder], ["title_id", *shown])
    assert [parsed(row) for row in found] == [parsed(row) for row in expected]


@pytest.fixture
def in_schema(server: TrinoServer):
    """Runs statements with a compression; what they make in the schema is removed."""

    def ask(sql: str, codec: str = "NONE") -> list[tuple]:
        connection = trino.dbapi.connect(
            host="127.0.0.1",
            port=server.port,
            user="marquee",
            catalog="lake",
            schema="written_by_trino",
            timezone="UTC",
            session_properties={"lake.compression_codec": codec},
        )
        cursor = connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]

    ask("create schema written_by_trino")
    yield ask
    ask("drop schema written_by_trino cascade")


@pytest.mark.parametrize("codec", CODECS)
def test_sequence_files_of_trino_are_read(in_schema, deployment: Deployment, codec: str):
    """3,000 rows are more than one block."""
    in_schema(
        "create table ratings with (format = 'SEQUENCEFILE') as select "
        "'c' || cast(n as varchar) as customer_id, 'tü' as title_id, "
        "cast(null as varchar) as network_name, cast(4.5 as decimal(3, 1)) as rating_value, "
        "timestamp '2026-01-05 10:00:00.123456' as rated_at, "
        "cast(null as timestamp(6)) as received_at from unnest(sequence(1, 3000)) as numbers (n)",
        codec,
    )
    for (uri,) in in_schema('select distinct "$path" from ratings'):
        path = Path(uri.removeprefix("file://"))
        deployment.land(f"social/ratings/{path.name}", path.read_bytes())
    report = deployment.ingest()
    assert not report.rejected
    rows = deployment.lake_rows("social.ratings", "* exclude (_file_key, _row_number)")
    at = dt.datetime(2026, 1, 5, 10, 0, 0, 123456)
    assert sorted(rows) == sorted(
        (f"c{n}", "tü", None, Decimal("4.5"), at, None) for n in range(1, 3001)
    )
