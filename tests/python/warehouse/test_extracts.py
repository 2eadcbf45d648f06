"""In full extracts absence means gone, but only where every row could be read."""

import json

import pytest

from marquee.engine import connect
from marquee.quarantine import Selection, quarantined_rows, replay, write_repairs
from tests.python.conftest import HASH_KEY, NOW, Deployment, environment

pytestmark = pytest.mark.slow

BUILD = (
    *("build", "--indirect-selection", "buildable", "--exclude", "test_type:unit", "--select"),
    *("path:seeds", "+dim_customer_versions", "+fct_subscription_periods", "+dim_title_versions"),
    *("+int_title_genres", "+dim_creatives"),
)
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04")
SUBSCRIPTION = "EUR,active,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z"


def land_extracts(deployment: Deployment, day: str, broken: str = "", left: str = "") -> None:
    """All full extracts of a day: two of each thing, one of them broken or gone if named.

    Args:
        deployment: where.
        day: of the extracts.
        broken: `one` or `two`, whose rows can't be read.
        left: `one` or `two`, whose rows are not there.
    """
    names = [name for name in ("one", "two") if name != left]
    end = {name: ",too,many,fields" if name == broken else "" for name in names}
    tables = {
        "crm/customers": ["customer_id,country_code"] + [f"{n},AT{end[n]}" for n in names],
        "billing/plans": ["plan_id,currency_code,plan_name,billing_period_months,price_amount"]
        + [f"{n},EUR,{n},1,9.99{end[n]}" for n in names],
        "billing/subscriptions": [
            "subscription_id,customer_id,plan_id,currency_code,subscription_status,subscribed_at,"
            "plan_started_at"
        ]
        + [f"{n},{n},{n},{SUBSCRIPTION}{end[n]}" for n in names],
        "ads/creatives": ["creative_id,campaign_id,creative_name,creative_duration_ms"]
        + [f"{n},spring,{n},{'abc' if end[n] else 30000}" for n in names],
    }
    for table, lines in tables.items():
        deployment.land(f"{table}/{day}.csv", "\n".join(lines) + "\n")
    titles = [
        {"title_id": n, "title_name": n, "genres": ["Drama"], "runtime_ms": "abc" if end[n] else 1}
        for n in names
    ]
    deployment.land(f"dam/titles/{day}.jsonl", "\n".join(map(json.dumps, titles)))


def histories(deployment: Deployment) -> dict[str, list[tuple]]:
    """First and last day of each thing by name, as the warehouse tells them."""
    dates = "cast(valid_from_date as varchar), cast(valid_to_date as varchar)"
    return {
        "customers": deployment.query(
            f"select customer_id, {dates} from enriched.dim_customer_versions order by all"
        ),
        "prices": deployment.query(
            f"select plan_id, {dates} from enriched.dim_plan_prices order by all"
        ),
        "titles": deployment.query(
            f"select title_id, {dates} from enriched.dim_title_versions order by all"
        ),
        "subscriptions": deployment.query(
            "select subscription_id, '2026-01-01', cast(cast(ended_at as date) as varchar) "
            "from enriched.fct_subscription_periods order by all"
        ),
    }


def in_force(deployment: Deployment) -> list[str]:
    """What goes on, and what the newest extract lists."""
    return [
        name
        for (name,) in deployment.query(
            "select subscription_id from enriched.fct_subscription_periods where is_current "
            "union all select creative_id from enriched.dim_creatives where is_listed "
            "union all select title_id from enriched.int_title_genres where extract_date = "
            "(select max(extract_date) from enriched.int_title_genres) order by all"
        )
    ]


def test_whoever_is_missing_from_an_extract_with_a_broken_row_has_not_left(deployment: Deployment):
    land_extracts(deployment, DAYS[0])
    land_extracts(deployment, DAYS[1], broken="one")
    land_extracts(deployment, DAYS[2], broken="two", left="one")
    assert not deployment.ingest().rejected
    assert len(deployment.ledger("quarantine", "reason")) == 10
    assert deployment.dbt(*BUILD)
    # Of day three nothing but broken rows is there: an extract too, and nobody left in it.
    both = [("one", DAYS[0], None), ("two", DAYS[0], None)]
    assert histories(deployment) == dict.fromkeys(histories(deployment), both)
    assert in_force(deployment) == ["one"] * 3 + ["two"] * 3

    # The next complete extract says who is gone, and from that day on.
    land_extracts(deployment, DAYS[3], left="one")
    assert not deployment.ingest().rejected
    assert deployment.dbt(*BUILD)
    gone = [("one", DAYS[0], DAYS[3]), ("two", DAYS[0], None)]
    assert histories(deployment) == dict.fromkeys(histories(deployment), gone)
    assert in_force(deployment) == ["two"] * 3


def test_without_broken_rows_the_first_extract_that_lacks_somebody_ends_them(
    deployment: Deployment,
):
    land_extracts(deployment, DAYS[0])
    land_extracts(deployment, DAYS[1], left="one")
    land_extracts(deployment, DAYS[2], broken="two", left="one")
    deployment.ingest()
    assert deployment.dbt(*BUILD)
    gone = [("one", DAYS[0], DAYS[1]), ("two", DAYS[0], None)]
    assert histories(deployment) == dict.fromkeys(histories(deployment), gone)
    assert in_force(deployment) == ["two"] * 3


def replay_two(deployment: Deployment) -> None:
    """Repair by hand: the row of `two` in each table."""
    with connect() as connection:
        rows = quarantined_rows(connection, deployment.lake, Selection())
        path = write_repairs(rows, deployment.lake, None, None).path
    records = {
        "crm.customers": {"customer_id": "two", "country_code": "AT"},
        "billing.plans": {
            "plan_id": "two",
            "currency_code": "EUR",
            "plan_name": "two",
            "billing_period_months": "1",
            "price_amount": "9.99",
        },
        "billing.subscriptions": {
            "subscription_id": "two",
            "customer_id": "two",
            "plan_id": "two",
            "currency_code": "EUR",
            "subscription_status": "active",
            **dict.fromkeys(("subscribed_at", "plan_started_at"), "2026-01-01T00:00:00Z"),
        },
        "ads.creatives": {"creative_duration_ms": 30000},
        "dam.titles": {"runtime_ms": 1},
    }
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line["record"] = (line["record"] or {}) | records[line["table"]]
    path.write_text("\n".join(map(json.dumps, lines)))
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        landing, lake = deployment.paths.landing, deployment.lake
        assert replay(path, landing, lake, lambda _: None, now=NOW).loaded_count == 5


def test_an_extract_whose_rows_are_all_replayed_is_complete_again(deployment, new_deployment):
    """Day two has a broken row, so nobody leaves by it; repaired, it says who has left."""
    land_extracts(deployment, DAYS[0])
    land_extracts(deployment, DAYS[1], broken="two", left="one")
    deployment.ingest()
    assert deployment.dbt(*BUILD)
    both = [("one", DAYS[0], None), ("two", DAYS[0], None)]
    assert histories(deployment) == dict.fromkeys(histories(deployment), both)
    replay_two(deployment)
    assert deployment.dbt(*BUILD)
    gone = [("one", DAYS[0], DAYS[1]), ("two", DAYS[0], None)]
    assert histories(deployment) == dict.fromkeys(histories(deployment), gone)
    assert in_force(deployment) == ["two"] * 3
    # So does a lake that is made anew from landing.
    fresh = new_deployment("fresh")
    fresh.land_from(deployment)
    fresh.ingest()
    assert fresh.dbt(*BUILD)
    assert histories(fresh) == histories(deployment)
