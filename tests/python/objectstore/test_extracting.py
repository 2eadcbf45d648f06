"""Tables of a real Postgres server land as objects."""

from collections.abc import Iterator

import pytest

from marquee.objectstore import ObjectPath
from marquee.store import StoreError
from tests.python.conftest import Deployment
from tests.python.extracts.conftest import Server, Shop, emptied, running
from tests.python.extracts.test_extraction import CHANGED_SUBSCRIPTIONS, subscriptions
from tests.python.objectstore.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def shop(postgres: Server, deployment: Deployment) -> Shop:
    deployment.ingest()
    shop = Shop(deployment, emptied(postgres))
    subscriptions(shop, CHANGED_SUBSCRIPTIONS, 50)
    return shop


def test_what_has_changed_is_joined_with_the_object_before(shop: Shop):
    [first] = shop.extract()
    assert isinstance(first.path, ObjectPath)
    shop.server.execute(
        "delete from subscriptions where customer_id = 9007199254740993 + 7",
        "update subscriptions set plan_id = 'other', changed_at = '2026-03-01' "
        "where customer_id = 9007199254740993 + 8",
    )
    [done] = shop.extract()
    assert (done.is_whole, done.read_count, done.gone_count, done.row_count) == (False, 2, 1, 49)
    content = done.path.read_bytes()
    [again] = shop.extract(whole=True)
    assert again.path.read_bytes() == content
    shop.deployment.ingest()
    assert len(set(shop.deployment.lake_rows("billing.subscriptions", "subscription_id"))) == 50


def test_a_store_that_is_lost_leaves_what_was_extracted_to_the_next_time(shop: Shop, store: Store):
    store.fail("PUT .*/landing/billing/subscriptions/", times=100)
    with pytest.raises(StoreError, match="Run this again"):
        shop.extract()
    store.reset()
    assert shop.deployment.landed() == []
    [done] = shop.extract()
    assert (done.is_whole, done.row_count) == (True, 50)
    assert shop.deployment.landed() == [done.path]
