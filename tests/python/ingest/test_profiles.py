"""What the profiles say is what stands in the file."""

import datetime as dt
import json
from decimal import Decimal

EVENTS = [
    {
        "event_id": f"e{n}",
        "event_type": "play",
        "customer_id": None if n < 3 else "c1",
        "position_ms": n * 1000,
        "search_text": "secret",
        "ip_address": f"198.18.{n % 2}.7",
        "event_at": f"2026-01-0{n + 1}T10:00:00Z",
        "received_at": f"2026-01-0{n + 1}T10:00:00Z",
    }
    for n in range(5)
]
SHOWN = (
    "column_name, row_count, null_count, distinct_count, is_landed, "
    "minimum_text, maximum_text, minimum_number, maximum_number, minimum_at, maximum_at"
)


def profiles(deployment, table):
    found = deployment.ledger("profiles", f"table_name, {SHOWN}")
    return {row[1]: row[2:] for row in found if row[0] == table}


def test_columns_are_counted_and_their_bounds_told(deployment):
    deployment.land("events/events/e.jsonl", "\n".join(json.dumps(event) for event in EVENTS))
    deployment.ingest()
    found = profiles(deployment, "events")
    nothing = (None,) * 6
    assert found["event_id"] == (5, 0, 5, True, "e0", "e4", *nothing[:4])
    assert found["customer_id"] == (5, 3, 1, True, "c1", "c1", *nothing[:4])
    assert found["position_ms"] == (
        5,
        0,
        5,
        True,
        None,
        None,
        Decimal(0),
        Decimal(4000),
        None,
        None,
    )
    first, last = dt.datetime(2026, 1, 1, 10), dt.datetime(2026, 1, 5, 10)
    assert found["event_at"] == (5, 0, 5, True, *nothing[:4], first, last)
    # What is derived is counted over distinct addresses, but for all rows.
    prefixes = ("198.18.0.0/24", "198.18.1.0/24")
    assert found["network_prefix"] == (5, 0, 2, True, *prefixes, *nothing[:4])
    assert found["device_class"] == (5, 5, 0, False, *nothing)
    # Of personal and identifying columns only counts are told.
    assert found["search_text"] == (5, 0, 1, True, *nothing)
    vault = profiles(deployment, "events_events")
    assert vault == {
        "ip_address": (5, 0, 2, True, *nothing),
        "user_agent": (5, 5, 0, False, *nothing),
    }


def test_child_tables_have_profiles_too(deployment):
    rows = [
        {"title_id": "t1", "title_name": "One", "talents": [{"talent_id": f"p{n}"}] * 2}
        for n in range(3)
    ]
    deployment.land("dam/titles/t_2026-01-31.jsonl", "\n".join(json.dumps(row) for row in rows))
    deployment.ingest()
    found = profiles(deployment, "title_talents")
    assert found["talent_id"][:6] == (6, 0, 3, True, "p0", "p2")
    assert found["talent_role"][:4] == (6, 6, 0, True)
    assert profiles(deployment, "licence_windows")["territory_code"][:4] == (0, 0, 0, False)


def test_a_file_without_records_has_profiles_of_nothing(deployment):
    deployment.land("events/events/e.jsonl", "\n")
    deployment.ingest()
    found = profiles(deployment, "events")
    assert found["event_id"][:4] == (0, 0, 0, False)
    assert found["network_prefix"][:4] == (0, 0, 0, False)
