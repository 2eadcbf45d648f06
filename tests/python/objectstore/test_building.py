"""dbt reads a lake in a store as it reads a folder; credentials get into no file."""

import re
from pathlib import Path

import pytest

from marquee.engine import opened
from tests.python.conftest import Deployment, deployment_in
from tests.python.leaks import found_in
from tests.python.objectstore.conftest import SECRET
from tests.python.objectstore.test_ingesting import land

TAGS = "select customer_id, title_id, tag_text"


@pytest.mark.slow
def test_models_read_what_is_in_the_store(deployment: Deployment, tmp_path: Path):
    folders = deployment_in(tmp_path / "folders")
    for one in (deployment, folders):
        land(one)
        one.ingest()
    assert deployment.dbt("run", "--select", "stg_marquee__file_manifest", "stg_social__tags")
    assert deployment.dbt("run-operation", "create_landing_views")
    with opened(deployment.paths.warehouse) as connection:
        staged = connection.execute(f"{TAGS} from staging.stg_social__tags order by all").fetchall()
        assert staged == folders.lake_rows("social.tags", "customer_id, title_id, tag_text")
        landed = connection.execute(
            f"{TAGS}, landing_file from landing.social__tags__csv order by all"
        ).fetchall()
    assert landed[-1] == ("c1", "t9", "x", "social/tags/one.csv")
    # Neither in the warehouse, nor in compiled SQL, nor in logs.
    assert (deployment.target() / "compiled").is_dir()
    assert found_in([deployment.paths.home], re.compile(re.escape(SECRET))) == set()
