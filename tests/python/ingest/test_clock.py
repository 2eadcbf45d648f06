"""A record from the future of its own receipt is quarantined."""

import json

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


def test_without_a_receipt_nothing_is_compared(deployment):
    assert reasons(deployment, rated_at="2099-01-01T00:00:00Z") == []
