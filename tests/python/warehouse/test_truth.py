"""What was planted is found again in the tables, to the row where nothing was lost on the way."""

import gzip
import ipaddress
import json
import re
from collections import Counter
from functools import cache

import pyarrow.parquet as pq
import pytest

from marquee.synthetic import vocabulary
from tests.python.conftest import PLACES, Deployment

pytestmark = pytest.mark.slow

CLASSES = {
    agent: device_class for device_class, _, agent in vocabulary.USER_AGENTS
} | dict.fromkeys(vocabulary.BOT_USER_AGENTS, "bot")


def planted(built: Deployment) -> dict:
    return json.loads((built.paths.home / "truth" / "planted.json").read_text())


def truth(built: Deployment, name: str) -> str:
    """A table of the truth as a relation for SQL."""
    return f"read_parquet('{built.paths.home}/truth/{name}.parquet')"


def test_of_every_table_landed_is_loaded_plus_quarantined(built: Deployment):
    tables = planted(built)["tables"]
    assert {table["source_name"] for table in tables} == {
        *("ads", "billing", "contacts", "crm", "dam", "events", "panels", "social"),
    }
    assert built.query(
        "select source_name, table_name, sum(landed_row_count), sum(loaded_row_count), "
        "sum(quarantined_row_count) from catalog.file_manifest group by all order by all"
    ) == sorted(
        (
            table["source_name"],
            table["table_name"],
            table["landed_row_count"],
            table["loaded_row_count"],
            table["quarantined_row_count"],
        )
        for table in tables
    )
    for table in tables:
        source, name = table["source_name"], table["table_name"]
        assert table["loaded_row_count"] == (
            table["landed_row_count"] - table["quarantined_row_count"]
        )
        assert built.query(f"select count(*) from staging.stg_{source}__{name}") == [
            (table["loaded_row_count"],)
        ]


def test_loaded_events_are_kept_repeated_or_superseded(built: Deployment):
    account = planted(built)["events"]
    resolved = dict(
        built.query("select resolution, count(*) from enriched.int_event_resolutions group by all")
    )
    assert account["exact_duplicates"] > 0
    assert account["superseded"] > 0
    assert resolved["exact_duplicate"] == account["exact_duplicates"]
    assert resolved["superseded"] == account["superseded"]
    # Those that came once are kept without standing in the account of repeated ones.
    lost = resolved["exact_duplicate"] + resolved["superseded"]
    [(loaded,)] = built.query("select count(*) from staging.stg_events__events")
    assert loaded == account["kept"] + lost
    assert resolved["kept"] <= lost
    assert built.query("select count(*), count(distinct event_id) from enriched.fct_events") == [
        (account["kept"], account["kept"])
    ]


def test_bots_late_anonymous_and_unknown_events_are_found(built: Deployment):
    account = planted(built)["events"]
    [found] = built.query(
        """
        select
            count(*) filter (events.is_bot),
            count(*) filter (events.received_at - events.event_at >= interval 1 hour),
            count(*) filter (events.customer_id is null and not events.is_bot),
            count(*) filter (customers.is_inferred),
            count(*) filter (titles.is_inferred)
        from enriched.fct_events as events
        left join enriched.dim_customers as customers using (customer_id)
        left join enriched.dim_titles as titles using (title_id)
        """
    )
    names = ("bots", "late", "anonymous", "unknown_customers", "unknown_titles")
    assert found == tuple(account[name] for name in names)
    assert all(found)


@pytest.mark.parametrize(
    ("relation", "source", "table"),
    [
        ("enriched.fct_payments", "billing", "payments"),
        ("enriched.fct_posts", "social", "posts"),
        ("enriched.fct_retention_offers", "contacts", "retention_offers"),
        ("enriched.int_service_case_changes", "contacts", "service_cases"),
    ],
)
def test_repeated_rows_of_other_sources_are_facts_once(
    built: Deployment, relation: str, source: str, table: str
):
    [account] = [
        found
        for found in planted(built)["tables"]
        if (found["source_name"], found["table_name"]) == (source, table)
    ]
    assert account["duplicate_row_count"] > 0
    assert built.query(f"select count(*) from {relation}") == [
        (account["loaded_row_count"] - account["duplicate_row_count"],)
    ]


def test_device_class_and_place_are_those_of_agent_and_address(built: Deployment):
    """Held against the landed text of each event, with the plainest look-up there is."""
    networks = [
        (ipaddress.ip_network(network), tuple(place or None for place in places))
        for network, *places in (
            line.split(",")
            for line in (built.paths.home / PLACES).read_text("utf-8").splitlines()[1:]
        )
    ]

    @cache
    def place(text: str) -> tuple:
        address = ipaddress.ip_address(text)
        found = [(n.prefixlen, p) for n, p in networks if address in n]
        return max(found)[1] if found else (None,) * 4

    expected = {}
    for path in (built.paths.landing / "events" / "events").glob("*.gz"):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            address, agent = event.get("ip_address"), event.get("user_agent")
            where = place(address) if address else (None,) * 4
            expected.setdefault(event.get("event_id"), set()).add(
                (CLASSES[agent] if agent else None, *where)
            )
    found = built.query(
        "select event_id, device_class, place_country_code, place_region_name, place_city_name, "
        "place_time_zone from enriched.fct_events"
    )
    assert [row for row in found if row[1:] not in expected[row[0]]] == []
    assert {row[1] for row in found} >= {"tv", "phone", "tablet", "desktop", "console", "bot"}
    assert sum(row[2] is not None for row in found) > len(found) / 2


def test_names_are_split_as_they_were_put_together(built: Deployment):
    rows = built.query(
        "select truth.full_name, first_name, middle_name, last_name "
        "from restricted.customer_identities "
        f"inner join {truth(built, 'customers')} as truth using (customer_id) "
        "where truth.full_name is not null"
    )
    foreign = [row for row in rows if row[0] in vocabulary.FOREIGN_NAMES]
    assert foreign
    for full_name, first, _, last in foreign:
        # Some scripts put the family first, and some put nothing between.
        plain = full_name.replace(" ", "")
        assert plain in (f"{first}{last}", f"{last}{first}")
    single = [row for row in rows if row[0] in vocabulary.SINGLE_NAMES]
    assert single
    assert [row for row in single if row[1:] != (None, None, row[0])] == []
    for full_name, *parts in rows:
        if full_name not in vocabulary.FOREIGN_NAMES:
            together = " ".join(part for part in parts if part)
            assert together == re.sub(r", Jr\.$", "", full_name)
    assert Counter(sum(part is not None for part in row[1:]) for row in rows)[2] > len(rows) / 2


def test_posts_find_their_entity(built: Deployment):
    rules = built.query(
        f"""
        select
            facts.match_rule,
            truth.naming,
            count(*),
            count(*) filter (
                facts.entity_type = truth.entity_type and facts.entity_id = truth.entity_id
            )
        from enriched.fct_posts as facts
        inner join {truth(built, "posts")} as truth using (network_name, post_id)
        group by all
        """
    )
    found = {(rule, naming): (count, right) for rule, naming, count, right in rules}
    told = [pair for pair in found if "id" in pair or "explicit" in pair]
    assert told == [("explicit", "id")]
    assert found["explicit", "id"][0] == found["explicit", "id"][1] > 0
    named = {pair: counts for pair, counts in found.items() if pair[0] in ("hashtag", "name")}
    assert {rule for rule, _ in named} == {"hashtag", "name"}
    # Titles of one series carry its name, so that a few stay ambiguous.
    assert sum(right for _, right in named.values()) >= 0.98 * sum(n for n, _ in named.values())
    # What names nothing matches nothing, and what names something is missed by no more than 2 %.
    assert found["none", "none"][1] == 0
    assert {rule for rule, naming in found if naming == "none"} == {"none"}
    missed = sum(n for (rule, naming), (n, _) in found.items() if rule == "none" != naming)
    assert missed <= 0.02 * sum(n for (_, naming), (n, _) in found.items() if naming != "none")
    reported = built.query(
        "select match_rule, cast(sum(post_count) as bigint) from enriched.int_post_matching "
        "group by all order by all"
    )
    counted = Counter()
    for (rule, _), (count, _) in found.items():
        counted[rule] += count
    assert reported == sorted(counted.items())


def test_plays_and_watched_time_are_those_that_happened(built: Deployment):
    endings = {
        ending: figures
        for ending, *figures in built.query(
            f"""
            select
                truth.ending,
                count(*),
                count(plays.device_id),
                count(*) filter (plays.watched_ms = truth.watched_ms),
                sum(plays.watched_ms) / sum(truth.watched_ms)
            from {truth(built, "plays")} as truth
            left join enriched.fct_plays as plays
                using (device_id, title_id, started_at)
            group by all
            """
        )
    }
    # A play is found by its first event. Of events less than 1 % are faulty, and some of the last
    # days are still on their way.
    for happened, found, _, _ in endings.values():
        assert found >= 0.98 * happened - 1
    happened, _, exact, share = endings["stopped"]
    # Where the viewer jumped, the events tell to which position but not from which.
    assert exact >= 0.85 * happened
    assert 0.97 <= share <= 1.005
    # Whoever falls silent is seen up to the last heartbeat, up to ten minutes before.
    assert 0.7 <= endings["silent"][3] <= 1
    [(facts, crawlers)] = built.query(
        "select count(*), count(*) filter (device_class = 'bot') from enriched.fct_plays"
    )
    [(plays,)] = built.query(f"select count(*) from {truth(built, 'plays')}")
    assert 0.98 * plays <= facts - crawlers <= 1.02 * plays


def test_subscriptions_and_cancellations_are_those_that_happened(built: Deployment):
    """All that began before the last extract, each with what ended it."""
    found = built.query(
        """
        select subscription_id, customer_id, coalesce(max(cancellation_type), ''),
            max(cancelled_at), count(*) filter (is_current)
        from enriched.fct_subscription_periods
        group by all order by all
        """
    )
    expected = built.query(
        "select subscription_id, customer_id, cancellation_type, cancelled_at "
        f"from {truth(built, 'subscriptions')} order by all"
    )
    assert [row[:4] for row in found] == expected
    assert {row[2] for row in found} == {"", "voluntary", "involuntary"}
    assert all(row[4] <= 1 for row in found)
    [(changed,)] = built.query(
        "select count(*) from enriched.fct_subscription_periods "
        "where change_type in ('upgrade', 'downgrade', 'switch')"
    )
    assert changed > 0


def test_labels_of_churn_are_who_left_and_when(built: Deployment):
    """Customers of the last extract before the snapshot day; who came later was not known yet."""
    [(extract_date,)] = built.query(
        "select max(extract_date) from enriched.int_subscription_extract_dates "
        "where extract_date < date '2026-06-01'"
    )
    hazards = truth(built, "hazards")
    outcomes = built.query(
        f"""
        select labels.is_churned, hazards.is_cancelled_in_30_days, count(*)
        from features.label_customer_churn as labels
        left join {hazards} as hazards using (customer_id, as_of_date)
        group by all
        """
    )
    assert {(label, happened) for label, happened, _ in outcomes} == {(False, False), (True, True)}
    assert sum(count for _, _, count in outcomes) > 500
    [(missed, newcomers)] = built.query(
        f"""
        select count(*), count(*) filter (
            exists (
                from {truth(built, "subscriptions")} as subscriptions
                where subscriptions.customer_id = hazards.customer_id
                and subscriptions.subscribed_at > date '{extract_date}'
            )
        )
        from {hazards} as hazards
        anti join features.label_customer_churn using (customer_id, as_of_date)
        where as_of_date = date '2026-06-01'
        """
    )
    assert missed == newcomers
    [(left, right)] = built.query(
        f"""
        select count(*), count(subscriptions.customer_id)
        from features.label_customer_churn as labels
        left join {truth(built, "subscriptions")} as subscriptions
            on labels.customer_id = subscriptions.customer_id
            and labels.churned_at = subscriptions.cancelled_at
            and subscriptions.cancellation_type = case labels.churn_type
                when 'payment_failure' then 'involuntary' else labels.churn_type end
        where labels.is_churned
        """
    )
    assert left == right > 0


def test_the_truth_has_no_more_posts_than_landed(built: Deployment):
    """The truth is of the clean world: faulty lines of it are in quarantine, not gone."""
    [account] = [t for t in planted(built)["tables"] if t["table_name"] == "posts"]
    rows = pq.read_metadata(built.paths.home / "truth" / "posts.parquet").num_rows
    [(facts,)] = built.query("select count(*) from enriched.fct_posts")
    assert rows == facts + account["quarantined_row_count"]
