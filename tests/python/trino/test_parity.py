"""The promise: another engine is another target, and every table stays the same."""

import json

import pytest

from marquee.trino.publish import publish_on_trino
from tests.python.conftest import Deployment, deployment_in
from tests.python.trino.conftest import Twins

pytestmark = pytest.mark.slow


def assert_equal(twins: Twins, least_row_count: int) -> None:
    comparisons = twins.comparisons()
    manifest = json.loads((twins.deployment.target() / "manifest.json").read_text())
    kinds = ("model", "seed")
    expected = {k for k, node in manifest["nodes"].items() if node["resource_type"] in kinds}
    assert {comparison.unique_id for comparison in comparisons} == expected
    different = {c.unique_id: c.differences for c in comparisons if c.differences}
    assert different == {}
    assert sum(comparison.row_count for comparison in comparisons) > least_row_count


def test_every_model_is_equal(twins: Twins):
    assert_equal(twins, 50_000)


def land_late_words(deployment: Deployment) -> int:
    """How many files land: an ad that was completed after all, another delivery of its serving that
    wins, an ad whose serving was lost; a post that says another thing now and one of a stranger;
    figures of a panel that are published anew."""
    (known,) = deployment.query(
        "select impression_id, customer_id, device_id, title_id, creative_id, break_type "
        "from enriched.fct_ad_impressions where is_served and not is_completed "
        "and customer_id is not null and title_id is not null order by impression_id limit 1"
    )
    names = ("impression_id", "customer_id", "device_id", "title_id", "creative_id", "break_type")
    ad = dict(zip(names, known, strict=True)) | {"ad_event_at": "2026-06-29T20:00:00Z"}
    reports = [
        ad | {"ad_event_type": "complete", "received_at": "2026-06-30T23:59:58Z"},
        ad | {
            "ad_event_type": "served", "creative_id": "unheard", "serving_probability": 0.25,
            "received_at": "2026-01-01T00:00:00Z", "ad_event_at": "2026-01-01T00:00:00Z",
        },
        ad | {
            "impression_id": "lost", "ad_event_type": "skip", "customer_id": None,
            "received_at": "2026-06-30T23:59:58Z",
        },
    ]  # fmt: skip
    (post,) = deployment.query(
        "select network_name, post_id, entity_id from enriched.fct_posts "
        "where entity_type = 'title' and match_rule = 'explicit' order by post_id limit 1"
    )
    network_name, post_id, title_id = post
    posts = [
        {
            "network_name": network_name, "post_id": key, "entity_type": "title",
            "entity_id": title_id, "post_type": "comment", "like_count": 3, "post_text": text,
            "posted_at": "2026-06-20T10:00:00Z", "received_at": "2026-06-30T23:00:00Z",
        }
        for key, text in ((post_id, "Changed my mind: dreadful, sad and boring"), ("new", "¡Qué"))
    ]  # fmt: skip
    (panel,) = deployment.query(
        "select title_id, market_code, provider_name, reach_count, "
        "cast(week_start_date as varchar) from enriched.fct_title_market_weeks "
        "where is_in_panel and viewed_minutes > 0 order by title_id, market_code, week_start_date "
        "limit 1"
    )
    for name, records in (("ads/ad_events/late/ads", reports), ("social/posts/late/posts", posts)):
        deployment.land(f"{name}.jsonl", "\n".join(json.dumps(record) for record in records))
    deployment.land(
        "panels/audience_panel_weeks/again/again.csv",
        "title_id,market_code,provider_name,reach_count,week_start_date,viewed_minutes,"
        f"published_at\n{','.join(str(value) for value in panel)},9999999,2026-06-30T09:00:00Z\n",
    )
    return 3


def test_every_model_is_equal_after_late_data(twins: Twins):
    """Incremental on both engines: late events, another delivery of a known one that wins, a
    correction of an extract, a stranger, late words on ads, posts and audiences; leaves the twins
    with a second build."""
    deployment = twins.deployment
    known = deployment.query(
        "select event_id, customer_id, title_id "
        "from enriched.fct_events where event_type = 'click' and customer_id is not null "
        "order by event_id limit 3"
    )
    template = {"event_type": "watch", "device_id": "d", "received_at": "2026-06-30T23:59:59Z"}
    lines = [
        json.dumps(template | {
            "event_id": f"late{number}", "customer_id": customer_id, "title_id": title_id,
            "watched_ms": 1000 + number, "event_at": "2026-04-02T03:59:59.999999Z",
        })
        for number, (_, customer_id, title_id) in enumerate(known)
    ]  # fmt: skip
    lines.append(
        json.dumps(template | {
            "event_id": known[0][0], "customer_id": "nobody", "title_id": known[0][2],
            "watched_ms": 1,
            # Received before the one that is known: it takes its place.
            "received_at": "2026-05-01T00:00:00Z", "event_at": "2026-04-30T23:59:59Z",
        })
    )  # fmt: skip
    deployment.land("events/events/late.jsonl", "\n".join([*lines, "{broken"]))
    deployment.land(
        "crm/customers/again/customers_2026-06-30.csv",
        f"customer_id,country_code,has_marketing_consent\n{known[0][1]},PT,false\nc_ünï,,\n",
    )
    late_word_files = land_late_words(deployment)
    report = deployment.ingest()
    assert not report.rejected
    assert len(report.loaded) == 2 + late_word_files
    # Only Trino's build is published afterwards, and so has to be whole.
    assert deployment.dbt("build", "--exclude", "test_type:data", "test_type:unit")
    assert deployment.dbt("build", engine="trino")
    assert_equal(twins, 50_000)
    assert publish_on_trino(twins.session(), deployment.lake) is not None
    assert twins.ask(
        f"select country_code from serving.customers where customer_id = '{known[0][1]}'"
    ) == [("PT",)]


@pytest.mark.long
def test_every_model_is_equal_at_a_larger_scale(twins: Twins):
    """The same server, a lake of its own with more of everything."""
    home = twins.deployment.paths.home / "larger"
    larger = Twins(deployment_in(home, **twins.deployment.settings), twins.server)
    larger.deployment.generate(scale=0.02, days=120, seed=11, extract_interval_days=14)
    larger.deployment.ingest()
    # The server's tables are those of the smaller lake.
    larger.build("--full-refresh")
    assert_equal(larger, 200_000)
