"""Forgetting in a store: objects are written anew, and what a bucket keeps of them is told."""

from marquee.forgetting import Customers, forget_in_lake, search_everywhere
from marquee.objectstore.client import client
from tests.python.conftest import HASH_KEY, Deployment, environment
from tests.python.objectstore.store import BUCKET, Store

TAGS = (
    "customer_id,title_id,tag_text,tagged_at\nc1,t1,x,2026-01-01T00:00:00Z\n"
    "c2,t1,x,2026-01-01T00:00:00Z\nc1,t2,x,never\n"
)


def test_a_customer_is_nowhere_any_more(deployment: Deployment, store: Store):
    path = deployment.land("social/tags/a.csv", TAGS)
    deployment.ingest()
    customers = Customers(("c1",))
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        done = forget_in_lake(deployment.paths, deployment.lake, customers, False)
        assert done.landed_files == ["social/tags/a.csv"]
        assert done.row_counts == {"marquee.quarantined_rows": 1, "social.tags": 1}
        search_everywhere(deployment.paths, deployment.lake, customers, done)
        assert done.remaining == {}
        assert path.read_text() == TAGS.splitlines()[0] + "\n" + TAGS.splitlines()[2] + "\n"
        assert [row[0] for row in deployment.lake_rows("social.tags")] == ["c2"]
        assert deployment.ingest().loaded == []

        # What comes later is written anew in landing before its rows are taken.
        path.write_bytes(TAGS.encode() + b"c3,t1,x,2026-01-01T00:00:00Z\n")
        assert deployment.ingest().forgotten == {"social/tags/a.csv": 2}
        assert "c1" not in path.read_text()
        assert "c3" in path.read_text()


def test_versions_that_the_bucket_keeps_are_told_of(deployment: Deployment, store: Store):
    versioning = {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}}
    client().put_bucket_versioning(**versioning)
    try:
        deployment.land("social/tags/a.csv", TAGS)
        deployment.ingest()
        customers = Customers(("c1",))
        with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
            done = forget_in_lake(deployment.paths, deployment.lake, customers, False)
            search_everywhere(deployment.paths, deployment.lake, customers, done)
    finally:
        versioning["VersioningConfiguration"]["Status"] = "Suspended"
        client().put_bucket_versioning(**versioning)
    [landing, lake] = done.remaining
    assert landing.startswith(f"{deployment.paths.landing}: old versions that the bucket keeps")
    assert lake.startswith(f"{deployment.paths.lake}: old versions that the bucket keeps")
