"""Small objects become one; what is out of use waits there too."""

import pytest

from marquee.ingest.compaction import compact
from tests.python.conftest import Deployment

TAGS = "customer_id,title_id,tag_text,tagged_at\n"
TABLE = "social.tags"


@pytest.fixture
def tagged(deployment: Deployment) -> Deployment:
    """A closed month of three files, and an open one."""
    for day in ("01-01", "01-02", "01-03", "02-01"):
        row = f"c1,t{day},x,2026-{day}T00:00:00Z\n"
        deployment.land(f"social/tags/{day}.csv", TAGS + row)
    deployment.ingest()
    return deployment


def objects(deployment: Deployment) -> int:
    table = deployment.lake.contract.table(*TABLE.split("."))
    return len(list(deployment.lake.folder(table).glob("batch_month=2026-*/*.parquet")))


def test_objects_are_merged_and_the_old_ones_go_once_they_are_old(tagged: Deployment):
    before = tagged.lake_rows(TABLE)
    assert len(before) == objects(tagged) == 4
    done = compact(tagged.lake)
    assert (done.row_count, done.removed_count, done.waiting_count) == (3, 0, 3)
    assert objects(tagged) == 5
    assert tagged.lake_rows(TABLE) == before
    # Their age begins when they go out of use, not when they came.
    assert compact(tagged.lake, grace_seconds=60).waiting_count == 3
    assert compact(tagged.lake, grace_seconds=-60).removed_count == 3
    assert objects(tagged) == 2
    assert tagged.lake_rows(TABLE) == before
