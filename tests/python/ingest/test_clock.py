"""A record from the future, of its own receipt or of its ingestion, is quarantined."""

import json

import pytest

from tests.python.conftest import NOW

RATING = {"customer_id": "c1", "title_id": "t1", "rating_value": 4}


def reasons(deployment, **times):
    deployment.land("social/ratings/r.jsonl", json.dumps(RATING | times))
    assert not deployment.ingest().rejected
    return deployment.ledger("quarantine", "reason")


def test_an_hour_ahead_is_the_limit(deployment):
    at = {"rated_at": "2026-01-05T11:00:00Z", "received_at": "2026-01-05T10:00:00Z"}
    assert reasons(deployment, **at) == []


def test_more_is_told_with_both_times(deployment):
    at = {"rated_at": "2026-01-05T11:00:00.000001Z", "received_at": "2026-01-05T10:00:00Z"}
    assert reasons(deployment, **at) == [
        (
            "rated_at: '2026-01-05 11:00:00.000001' is more than 60 minutes after received_at "
            "'2026-01-05 10:00:00'",
        )
    ]


def test_without_a_receipt_nothing_is_compared_with_it(deployment):
    assert reasons(deployment, rated_at="2026-12-01T00:00:00Z") == []


def test_nothing_is_received_after_its_ingestion(deployment):
    """An hour is allowed, as everywhere: clocks differ."""
    at = {"rated_at": "2026-01-05T10:00:00Z"}
    assert NOW.isoformat() == "2026-12-31T12:00:00"
    assert reasons(deployment, **at, received_at="2026-12-31T13:00:00Z") == []
    assert reasons(deployment, **at, received_at="2026-12-31T13:00:00.000001Z") == [
        ("received_at: '2026-12-31 13:00:00.000001' is later than the ingestion of the file",)
    ]


def test_what_has_no_receipt_counts_as_received_when_it_happened(deployment):
    assert reasons(deployment, rated_at="2099-01-01T00:00:00Z") == [
        ("rated_at: '2099-01-01 00:00:00' is later than the ingestion of the file",)
    ]


def test_the_past_is_never_refused(deployment):
    at = {"rated_at": "1999-01-05T10:00:00Z", "received_at": "1999-01-05T10:00:00Z"}
    assert reasons(deployment, **at) == []
    deployment.land("crm/customers/1999-01-05.csv", "customer_id,country_code\nc1,AT\n")
    assert not deployment.ingest().rejected


def test_of_events_no_value_is_told(deployment):
    event = {
        "event_id": "e1",
        "event_type": "play",
        "event_at": "2026-01-05T10:00:00Z",
        "received_at": "2099-01-05T10:00:00Z",
    }
    deployment.land("events/events/e.jsonl", json.dumps(event))
    deployment.ingest()
    assert deployment.ledger("quarantine", "reason") == [
        ("received_at: value withheld, is later than the ingestion of the file",)
    ]


@pytest.mark.parametrize("table", ["crm/customers", "dam/titles", "billing/subscriptions"])
def test_the_extract_of_a_day_to_come_is_rejected(deployment, table):
    deployment.land(f"{table}/extract_2027-01-02.csv", "customer_id\nc1\n")
    [rejected] = deployment.ingest().rejected
    assert str(rejected).startswith(
        f"{table}/extract_2027-01-02.csv: it is named as the extract of 2027-01-02, a day to come"
    )
    assert "Rename it" in str(rejected)
    assert deployment.ledger("manifest", "file_name") == []


def test_where_tomorrow_has_begun_its_extract_is_taken(deployment):
    deployment.land("crm/customers/2027-01-01.csv", "customer_id,country_code\nc1,AT\n")
    assert not deployment.ingest().rejected
