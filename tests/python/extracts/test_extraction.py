"""Tables of a real Postgres server land as they are, whole or what has changed."""

import datetime as dt
from decimal import Decimal

import duckdb
import pytest

from marquee.extracts import ExtractError, SourceUnavailableError
from marquee.extracts.table_reader import TableReader
from tests.python.extracts.conftest import PASSWORD, Shop

pytestmark = pytest.mark.slow

SUBSCRIPTIONS = {
    "from": "subscriptions",
    "to": "billing.subscriptions",
    "mode": "snapshot",
}
CHANGED_SUBSCRIPTIONS = SUBSCRIPTIONS | {"mode": "cursor", "cursor": "changed_at", "overlap": 60}
MAKE_SUBSCRIPTIONS = """
    create type state as enum ('trial', 'active', 'past_due', 'cancelled');
    create table subscriptions (
        subscription_id uuid primary key, customer_id bigint, plan_id varchar(20),
        currency_code char(3), subscription_status state, has_auto_renewal boolean,
        subscribed_at timestamptz, plan_started_at timestamp, cancelled_at timestamptz,
        changed_at timestamptz
    )
"""
INSERT_SUBSCRIPTIONS = """
    insert into subscriptions
    select ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, 9007199254740993 + i,
        'plan ' || i % 3, 'EUR', 'active', i % 2 = 0,
        '2026-01-01 00:00:00.123456+02'::timestamptz + i * interval '1 hour',
        '2026-01-01 00:00:00'::timestamp + i * interval '1 hour', null,
        '2026-02-01 00:00:00+00'::timestamptz + i * interval '1 hour'
    from generate_series({}, {}) as i
"""
PAYMENTS = {
    "from": "payments",
    "to": "billing.payments",
    "mode": "cursor",
    "cursor": "updated_at",
    "overlap": 3600,
    "columns": {
        "payment_id": "id",
        "subscription_id": "subscription",
        "customer_id": "customer",
        "currency_code": "currency",
        "payment_status": "status",
        "payment_amount": "amount",
        "paid_at": "paid_at",
    },
}
MAKE_PAYMENTS = """
    create table payments (
        id bigint primary key, subscription bigint, customer text, currency text,
        status text, amount numeric(12, 2), paid_at timestamptz, updated_at timestamptz
    )
"""
INSERT_PAYMENTS = """
    insert into payments
    select i, i, 'c' || i, 'EUR', 'succeeded', i + 0.10, '2026-01-01 00:00:00+00', {}
    from generate_series({}, {}) as i
"""


def rows(path, columns="*"):
    return duckdb.sql(f"select {columns} from read_parquet('{path}')").fetchall()


def types(path):
    relation = duckdb.sql(f"select * from read_parquet('{path}')")
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def subscriptions(shop, table, count=5):
    shop.server.execute(MAKE_SUBSCRIPTIONS, INSERT_SUBSCRIPTIONS.format(1, count))
    shop.configure(table)


def test_a_whole_extract_is_in_the_lake_row_by_row_with_its_types(shop: Shop):
    subscriptions(shop, SUBSCRIPTIONS)
    [done] = shop.extract()
    assert done.path.name.startswith(f"shop_{dt.datetime.now(dt.UTC):%Y-%m-%d}T")
    assert types(done.path) == {
        "subscription_id": "VARCHAR",
        "customer_id": "BIGINT",
        "plan_id": "VARCHAR",
        "currency_code": "VARCHAR",
        "subscription_status": "VARCHAR",
        "has_auto_renewal": "BOOLEAN",
        "subscribed_at": "TIMESTAMP",
        "plan_started_at": "TIMESTAMP",
        "cancelled_at": "TIMESTAMP",
    }
    shop.server.execute("drop table subscriptions")
    shop.deployment.ingest()
    found = shop.deployment.lake_rows(
        "billing.subscriptions",
        "subscription_id, customer_id, plan_id, currency_code, subscription_status, "
        "has_auto_renewal, subscribed_at, plan_started_at, cancelled_at",
    )
    assert found == [
        (
            f"00000000-0000-0000-0000-{i:012}",
            str(9007199254740993 + i),
            f"plan {i % 3}",
            "EUR",
            "active",
            i % 2 == 0,
            dt.datetime(2025, 12, 31, 22, 0, 0, 123456) + dt.timedelta(hours=i),
            dt.datetime(2026, 1, 1) + dt.timedelta(hours=i),
            None,
        )
        for i in range(1, 6)
    ]
    assert shop.deployment.quarantined("*") == []


def test_equal_rows_give_equal_bytes_and_one_file(shop: Shop):
    subscriptions(shop, SUBSCRIPTIONS)
    [first] = shop.extract()
    shop.server.execute("create table moved as select * from subscriptions order by 1 desc")
    shop.server.execute("truncate subscriptions; insert into subscriptions select * from moved")
    [second] = shop.extract(whole=True)
    assert first.path == second.path
    assert len(shop.deployment.landed()) == 1


def test_an_increment_reads_only_what_is_new(shop: Shop):
    shop.server.execute(
        MAKE_PAYMENTS,
        INSERT_PAYMENTS.format("timestamptz '2026-01-01' + i * interval '1 day'", 1, 100),
    )
    shop.configure(PAYMENTS)
    [first] = shop.extract()
    assert (first.read_count, first.is_whole) == (100, True)
    shop.server.execute(INSERT_PAYMENTS.format("timestamptz '2026-05-01'", 101, 103))
    [second] = shop.extract()
    # The hour below the last value has one row, that one.
    assert (second.read_count, second.is_whole) == (4, False)
    assert rows(second.path, "payment_id, payment_amount") == [
        (i, Decimal(f"{i}.10")) for i in range(100, 104)
    ]
    [third] = shop.extract()
    assert third.read_count == 3
    # The same rows as before, but for the one that is no longer within the overlap.
    [fourth] = shop.extract()
    assert fourth.path == third.path
    shop.deployment.ingest()
    assert len(set(shop.deployment.lake_rows("billing.payments", "payment_id"))) == 103


def test_a_row_that_was_committed_late_is_found_within_the_overlap(shop: Shop):
    shop.server.execute(
        MAKE_PAYMENTS, INSERT_PAYMENTS.format("timestamptz '2026-01-01 12:00+00'", 1, 2)
    )
    shop.configure(PAYMENTS)
    shop.extract()
    shop.server.execute(
        "update payments set status = 'refunded', updated_at = '2026-01-01 11:30+00' where id = 1"
    )
    [done] = shop.extract()
    assert (1, "refunded") in rows(done.path, "payment_id, payment_status")


def test_a_time_to_come_does_not_hide_what_comes_before_it(shop: Shop):
    shop.server.execute(MAKE_PAYMENTS, INSERT_PAYMENTS.format("timestamptz '2999-01-01'", 1, 1))
    shop.server.execute(INSERT_PAYMENTS.format("timestamptz '2026-01-01'", 2, 2))
    shop.configure(PAYMENTS)
    shop.extract()
    shop.server.execute(INSERT_PAYMENTS.format("timestamptz '2026-02-01'", 3, 3))
    shop.server.execute(INSERT_PAYMENTS.format("null::timestamptz", 4, 4))
    [done] = shop.extract()
    assert {key for (key,) in rows(done.path, "payment_id")} == {1, 2, 3, 4}


@pytest.mark.parametrize("cursor", ["number", "day", "local_time"])
def test_cursors_of_each_type_rise(shop: Shop, cursor: str):
    shop.server.execute(
        "create table payments (id bigint primary key, number integer, day date, "
        "local_time timestamp, subscription text, customer text, currency text, status text, "
        "amount numeric(12, 2), paid_at timestamptz)"
    )
    insert = (
        "insert into payments select i, i, date '2026-01-01' + i, "
        "timestamp '2026-01-01' + i * interval '1 day', 's', 'c', 'EUR', 'failed', 1, now() "
        "from generate_series({}, {}) as i"
    )
    shop.server.execute(insert.format(1, 50))
    shop.configure(PAYMENTS | {"cursor": cursor, "overlap": 0})
    assert shop.extract()[0].read_count == 50
    shop.server.execute(insert.format(51, 60))
    assert shop.extract()[0].read_count == 11


def test_what_has_changed_makes_a_whole_extract_without_what_is_gone(shop: Shop):
    subscriptions(shop, CHANGED_SUBSCRIPTIONS, 100)
    shop.extract()
    shop.server.execute(
        "delete from subscriptions where customer_id = 9007199254740993 + 7",
        "update subscriptions set plan_id = 'other', changed_at = '2026-03-01' "
        "where customer_id = 9007199254740993 + 8",
        INSERT_SUBSCRIPTIONS.format(101, 101).replace("2026-02-01", "2026-03-01"),
    )
    [done] = shop.extract()
    assert (done.is_whole, done.read_count, done.gone_count, done.row_count) == (False, 3, 1, 100)
    assert done.notes == ()
    content = done.path.read_bytes()
    [again] = shop.extract(whole=True)
    assert (again.is_whole, again.read_count) == (True, 100)
    assert again.path.read_bytes() == content


def test_a_merged_extract_is_that_of_all_rows_also_where_a_column_lands_as_text(shop: Shop):
    subscriptions(shop, CHANGED_SUBSCRIPTIONS)
    shop.server.execute(
        "update subscriptions set cancelled_at = 'infinity' where customer_id % 5 = 0",
        "update subscriptions set cancelled_at = '2026-02-02 10:00:00.5+02' "
        "where customer_id % 5 = 1",
    )
    assert types(shop.extract()[0].path)["cancelled_at"] == "VARCHAR"
    for end in ("'-infinity'", "null"):
        shop.server.execute(
            f"update subscriptions set cancelled_at = {end}, changed_at = '2026-03-01' "
            "where customer_id % 5 = 0"
        )
        [merged], [whole] = shop.extract(), shop.extract(whole=True)
        assert (merged.is_whole, whole.is_whole) == (False, True)
        assert merged.path == whole.path
    assert types(whole.path)["cancelled_at"] == "TIMESTAMP"


def test_rows_that_the_cursor_did_not_show_are_read_all_the_same(shop: Shop):
    subscriptions(shop, CHANGED_SUBSCRIPTIONS)
    shop.extract()
    shop.server.execute(INSERT_SUBSCRIPTIONS.format(6, 7).replace("2026-02-01", "2025-02-01"))
    [done] = shop.extract()
    assert (done.is_whole, done.row_count) == (True, 7)
    assert "2 rows were not found by the cursor changed_at" in done.notes[0]


def test_a_change_of_the_schema_is_told_and_a_lost_column_that_must_be_there_stops(shop: Shop):
    subscriptions(shop, CHANGED_SUBSCRIPTIONS)
    shop.extract()
    shop.server.execute(
        "alter table subscriptions add extra integer, drop has_auto_renewal",
        "alter table subscriptions alter plan_id type text",
        "alter table subscriptions rename cancelled_at to left_at",
    )
    [done] = shop.extract()
    assert done.is_whole
    assert sorted(done.notes) == [
        "cancelled_at is named left_at now",
        "extra (integer) is new, and does not land",
        "has_auto_renewal is gone",
        "plan_id was character varying(20), is text now",
    ]
    assert "has_auto_renewal" not in types(done.path)
    [same] = shop.extract()
    assert same.notes == ()
    shop.server.execute("alter table subscriptions drop plan_started_at")
    with pytest.raises(ExtractError, match=r"public.subscriptions has no column plan_started_at"):
        shop.extract()


def test_an_empty_table_lands_as_nothing_or_as_an_empty_extract(shop: Shop):
    shop.server.execute(MAKE_PAYMENTS)
    subscriptions(shop, SUBSCRIPTIONS, 0)
    shop.configure(SUBSCRIPTIONS, PAYMENTS)
    whole, increment = shop.extract()
    assert (whole.row_count, increment.row_count, increment.path) == (0, 0, None)
    assert len(types(whole.path)) == 9
    assert shop.extract()[1].path is None
    assert shop.deployment.ingest().rejected == []


def test_what_no_type_can_hold_is_quarantined_with_its_row_and_all_others_are_exact(shop: Shop):
    shop.server.execute(
        MAKE_PAYMENTS.replace("amount numeric(12, 2)", "amount numeric"),
        INSERT_PAYMENTS.format("now()", 1, 6),
        "update payments set amount = 'NaN' where id = 1",
        "update payments set amount = 'Infinity' where id = 2",
        "update payments set paid_at = 'infinity' where id = 3",
        "update payments set paid_at = '0044-03-15 12:00:00+00 BC' where id = 4",
        "update payments set amount = 1.005 where id = 5",
        "update payments set amount = 1234567890.12 where id = 6",
    )
    shop.configure(PAYMENTS)
    shop.extract()
    report = shop.deployment.ingest()
    assert [(f.landed_row_count, f.quarantined_row_count) for f in report.loaded] == [(6, 5)]
    assert shop.deployment.lake_rows("billing.payments", "payment_id, payment_amount") == [
        ("6", Decimal("1234567890.12"))
    ]
    reasons = [reason for (reason,) in shop.deployment.quarantined("reason")]
    assert sum("payment_amount" in reason for reason in reasons) == 3
    assert sum("paid_at" in reason for reason in reasons) == 2


def test_declared_decimals_stay_decimals_unless_one_is_no_number(shop: Shop):
    shop.server.execute(MAKE_PAYMENTS, INSERT_PAYMENTS.format("now()", 1, 3))
    shop.configure(PAYMENTS)
    [done] = shop.extract()
    assert types(done.path)["payment_amount"] == "DECIMAL(12,2)"
    shop.server.execute("update payments set amount = 'NaN' where id = 2")
    shop.extract()
    report = shop.deployment.ingest()
    assert sum(file.quarantined_row_count for file in report.loaded) == 1


def test_lists_and_documents_become_lists(shop: Shop):
    shop.server.execute(
        "create table titles (title_id integer, title_name text, genres text[], tags jsonb, "
        "talents jsonb)",
        """insert into titles values
            (1, 'a|b', array['x|y', 'z'], '["p", "q|r"]',
                '[{"talent_id": "t", "talent_name": "n", "talent_role": "actor"}]'),
            (2, 'c', '{}', null, null)""",
    )
    shop.configure({"from": "titles", "to": "dam.titles", "mode": "snapshot"})
    [done] = shop.extract()
    assert types(done.path)["genres"] == types(done.path)["tags"] == "VARCHAR[]"
    report = shop.deployment.ingest()
    assert [file.quarantined_row_count for file in report.loaded] == [0]
    lake = shop.deployment.lake_rows
    assert lake("dam.title_genres", "genre_name") == [("x|y",), ("z",)]
    assert lake("dam.title_tags", "tag_name") == [("p",), ("q|r",)]
    assert lake("dam.title_talents", "talent_id, talent_name") == [("t", "n")]
    shop.server.execute("update titles set tags = '{}' where title_id = 1")
    with pytest.raises(ExtractError, match=r"titles.tags: 1 values are no lists"):
        shop.extract()


def test_all_tables_are_read_as_of_one_moment(shop: Shop, monkeypatch: pytest.MonkeyPatch):

    shop.server.execute(MAKE_PAYMENTS, INSERT_PAYMENTS.format("now()", 1, 1))
    subscriptions(shop, SUBSCRIPTIONS, 1)
    shop.configure(SUBSCRIPTIONS, PAYMENTS)
    read = TableReader.read

    def and_others_write(self, moment):
        done = read(self, moment)
        shop.server.execute(INSERT_PAYMENTS.format("now()", 2, 9))
        monkeypatch.setattr(TableReader, "read", read)
        return done

    monkeypatch.setattr(TableReader, "read", and_others_write)
    assert [done.row_count for done in shop.extract()] == [1, 1]
    assert shop.extract()[1].row_count == 9


def test_identifiers_go_to_the_vault_as_from_any_file(shop: Shop):
    shop.server.execute(
        "create table people (customer_id text, full_name text, email text, birth_date date)",
        "insert into people values ('c1', 'Ana Lima', 'ana@example.com', '1990-05-01')",
    )
    shop.configure({"from": "people", "to": "crm.customers", "mode": "snapshot"})
    shop.extract()
    shop.deployment.ingest()
    assert shop.deployment.lake_rows("restricted.crm_customers", "customer_id, full_name") == [
        ("c1", "Ana Lima")
    ]
    names = shop.deployment.lake_rows("crm.customers")
    assert "Ana" not in str(names)


def test_a_wrong_password_is_told_without_it_and_not_tried_again(shop: Shop):
    subscriptions(shop, SUBSCRIPTIONS)
    shop.deployment.settings["SHOP_PASSWORD"] = "wrong, and as secret"
    with pytest.raises(ExtractError) as raised:
        shop.extract()
    told = str(raised.value)
    assert "password authentication failed" in told
    assert f"127.0.0.1:{shop.server.port}/postgres" in told
    assert "secret" not in told
    assert PASSWORD not in told
    assert shop.notes == []


def test_a_missing_variable_is_named(shop: Shop):
    subscriptions(shop, SUBSCRIPTIONS)
    shop.deployment.settings["SHOP_PASSWORD"] = ""
    with pytest.raises(ExtractError, match="SHOP_PASSWORD not set"):
        shop.extract()


def test_a_missing_table_is_named_with_its_server(shop: Shop):
    shop.configure(SUBSCRIPTIONS)
    with pytest.raises(ExtractError, match=r"127.0.0.1:\d+/postgres, public.subscriptions: .*not"):
        shop.extract()


def test_a_server_that_does_not_answer_is_given_up_after_all_attempts(shop: Shop):
    shop.configure(SUBSCRIPTIONS, attempts=3, wait_seconds=0)
    shop.deployment.settings["SHOP_PORT"] = "1"
    with pytest.raises(SourceUnavailableError, match="Connection refused"):
        shop.extract()
    assert len(shop.notes) == 2


def test_a_query_that_takes_too_long_is_given_up(shop: Shop):
    shop.server.execute(
        "create view slow as select pg_sleep(30)::text as plan_id, 'EUR' as currency_code, "
        "1 as billing_period_months, 1 as price_amount"
    )
    table = {"from": "slow", "to": "billing.plans", "mode": "snapshot"}
    shop.configure(table, statement_timeout_seconds=1)
    with pytest.raises(ExtractError, match="Raise statement_timeout_seconds"):
        shop.extract()
    assert shop.deployment.paths.landing.exists() is False
