"""dbt reads a lake in a store: the same tables as from a folder; credentials get into no file."""

import re
from pathlib import Path

import pytest

from marquee.engine import opened
from tests.python.conftest import Deployment, deployment_in
from tests.python.leaks import found_in
from tests.python.objectstore.conftest import SECRET
from tests.python.objectstore.test_ingesting import land

RELATIONS = (
    "staging.stg_social__tags",
    "staging.stg_crm__customers",
    "staging.stg_dam__titles",
    "landing.social__tags__csv",
)


@pytest.mark.slow
def test_tables_are_as_from_folders(deployment: Deployment, tmp_path: Path):
    found = []
    models = ["stg_marquee__file_manifest", *(name.partition(".")[2] for name in RELATIONS[:-1])]
    for one in (deployment, deployment_in(tmp_path / "folders")):
        land(one)
        one.ingest()
        assert one.dbt("run", "--select", *models)
        assert one.dbt("run-operation", "create_landing_views")
        with opened(one.paths.warehouse) as connection:
            found.append(
                {
                    name: connection.execute(f"select * from {name} order by all").fetchall()
                    for name in RELATIONS
                }
            )
    assert all(found[0].values())
    assert found[0] == found[1]
    # Neither in the warehouse, nor in compiled SQL, nor in logs.
    assert (deployment.target() / "compiled").is_dir()
    assert found_in([deployment.paths.home], re.compile(re.escape(SECRET))) == set()
