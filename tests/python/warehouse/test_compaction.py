"""A build of a compacted lake is that of the lake before, also while old files are still read."""

from pathlib import Path

import pytest

from marquee.builds import keys_in_use
from marquee.ingest.compaction import compact
from tests.python.conftest import Deployment
from tests.python.test_faults import copied
from tests.python.warehouse.test_building import fingerprints

UP_TO_FACTS = [f"path:models/{folder}" for folder in ("staging", "enriched", "restricted")]


@pytest.mark.slow
def test_all_tables_are_equal_before_and_after_compaction(built: Deployment, tmp_path: Path):
    deployment = copied(built, tmp_path / "home")
    before = fingerprints(deployment)
    done = compact(deployment.lake, keys_in_use(deployment.paths), grace_seconds=0)
    assert {"events.events", "crm.customers"} <= {merge.table.full_name for merge in done.merges}
    # The views of the last build read the files that it has seen.
    assert (done.removed_count, done.waiting_count > 0) == (0, True)
    assert fingerprints(deployment) == before
    # Other homes and engines can't be asked: a build of a part has to see the present manifest.
    assert not deployment.dbt("run", "--select", "stg_social__tags")
    # Everything from the merged files, not only what they touch, which is nothing.
    assert deployment.dbt("run", "--full-refresh", "--select", *UP_TO_FACTS)
    assert fingerprints(deployment) == before
    done = compact(deployment.lake, keys_in_use(deployment.paths), grace_seconds=0)
    assert (done.removed_count > 0, done.waiting_count) == (True, 0)
    assert fingerprints(deployment) == before
    assert deployment.dbt("run", "--select", "stg_social__tags")
