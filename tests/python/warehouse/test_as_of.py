"""No look into the future: what is received on a date or later changes nothing as of that date."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.python.conftest import Deployment

pytestmark = pytest.mark.slow

CUT = "2026-06-10"
MIDNIGHT = f"{CUT}T00:00:00Z"
EXTRACTS = (
    *("crm/customers", "dam/titles", "billing/plans", "billing/subscriptions", "ads/creatives"),
)
"""Full states, known from the day after theirs; everything else is known as its rows come."""
POISONED = "2026-05-20"
"""Of this day, or of its month, are the rows that the poison is made of."""

MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

KNOWN = (
    "int_device_day_versions",
    "int_session_versions",
    "int_play_segments",
    "int_play_versions",
    "int_customer_title_days",
)
"""What has a row for each state in which something was known."""
FEATURES = (
    "feat_customer_title_interactions",
    "feat_customers",
    "feat_title_attributes",
    "feat_title_newness",
    "feat_customer_states",
    "feat_customer_title_plays",
    "feat_customer_genre_shares",
    "feat_customer_visits",
    "feat_customer_billing",
    "feat_customer_contacts",
    "feat_customer_opinions",
    "feat_customer_snapshots",
    "feat_customer_tastes",
    "feat_customer_rule_segments",
    "feat_post_texts",
    "feat_sentiment_labels",
    "label_customer_churn",
    "feat_ad_impressions",
    "label_ad_completions",
)
"""Of all features and labels, which are compared, those that must not be empty."""
COMMAND = (
    *("build", "--select", "models/staging", "models/enriched", "models/features", "path:seeds"),
    *("path:python_models", "--exclude", "test_type:data", "test_type:unit"),
    # So short that it ends with the last extract before the cut: labels look ahead, but not so far.
    *("--vars", "{churn_horizon_days: 2}"),
)


def test_nothing_received_on_a_date_or_later_changes_what_was_known_before(
    built: Deployment, new_deployment: Callable[[str], Deployment]
):
    """Cut the future off, then poison it: each table as of the date stays the same."""
    seen = {}
    for name in ("whole", "cut", "poisoned"):
        deployment = new_deployment(name)
        deployment.settings["MARQUEE_AS_OF_DATE"] = CUT
        if name != "cut":
            deployment.copy_ingested(built)
        else:
            deployment.land_from(built, ())
            for relative, content in cut_files(built):
                deployment.land(relative, content)
        if name == "poisoned":
            for relative, content in poison(built):
                deployment.land(relative, content)
        deployment.ingest()
        assert deployment.dbt(*COMMAND)
        seen[name] = as_of(deployment)
    for relation in (*(f"features.{n}" for n in FEATURES), *(f"enriched.{n}" for n in KNOWN)):
        assert seen["whole"][relation][0] > 0
    assert seen["cut"] == seen["whole"]
    assert seen["poisoned"] == seen["whole"]
    # The poison was taken, not refused: it is there for whoever looks later.
    [(later,)] = deployment.query(
        f"select count(*) from enriched.fct_events where received_at >= '{CUT}' "
        "and event_id like 'x%' and event_at < '2026-06-01'"
    )
    assert later > 50
    taken = [
        quarantined
        for name, quarantined in deployment.ledger("manifest", "file_name, quarantined_row_count")
        if "poison" in name
    ]
    assert len(taken) == 15
    assert not any(taken)


def as_of(deployment: Deployment) -> dict[str, tuple]:
    """Rows and an order-free hash of all that says what was known at the cut."""
    manifest = json.loads((deployment.target() / "manifest.json").read_text())
    known = f"known_from_date <= '{CUT}' and (known_to_date is null or known_to_date > '{CUT}')"
    found = {}
    with deployment.warehouse() as connection:
        for node in manifest["nodes"].values():
            if node["resource_type"] != "model":
                continue
            relation, condition, hidden = f"{node['schema']}.{node['alias']}", "true", ()
            if node["name"] in KNOWN:
                # Until when it was the newest state is what only the future tells.
                condition, hidden = known, ("known_to_date",)
            elif node["name"] == "int_snapshot_dates":
                condition = f"as_of_date <= '{CUT}'"
            elif node["name"] == "fct_events":
                condition = f"received_at < '{CUT}'"
            elif relation == "predictions.train_registered_parameters" or node["schema"] not in (
                *("features", "predictions"),
            ):
                continue
            columns = [
                f'"{name}"'
                for name, column in node["columns"].items()
                if "lineage" not in column["config"]["tags"] and name not in hidden
            ]
            found[relation] = connection.execute(
                f"select count(*), sum(hash({', '.join(columns)})) from {relation} "
                f"where {condition}"
            ).fetchone()
    return found


def is_extract(relative: str) -> bool:
    return relative.startswith(EXTRACTS)


def cut_files(built: Deployment) -> Iterator[tuple[str, bytes]]:
    """What had landed by the cut: extracts of days before it, and rows received before it."""
    for path in built.landed():
        relative = path.relative_to(built.paths.landing).as_posix()
        if is_extract(relative):
            if DATE.findall(relative)[-1] < CUT:
                yield relative, path.read_bytes()
        elif path.suffix == ".parquet":
            table = pq.read_table(path)
            yield relative, parquet(table.filter(pc.less(moments(table), pa.scalar(MIDNIGHT))))
        else:
            # The last moment in a line is the one of its receipt; a header has none.
            lines = plain(path).splitlines(keepends=True)
            kept = [
                line for line in lines if (MOMENT.findall(line) or [b""])[-1] < MIDNIGHT.encode()
            ]
            yield relative.removesuffix(".gz"), b"".join(kept)


def moments(table: pa.Table) -> pa.Array:
    """When each row was received, as text that sorts by time."""
    return pc.strftime(table["received_at"].cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%SZ")


def poison(built: Deployment) -> Iterator[tuple[str, bytes]]:
    """Backdated rows of every source, received at the midnight that ends what may be seen.

    Every second row has an id of its own; the others come under an id that is known, with other
    values. An old extract comes again as the state of the day of the cut.
    """
    for path in built.landed():
        relative = path.relative_to(built.paths.landing).as_posix()
        [day, *_] = [*DATE.findall(relative), ""]
        folder = "/".join(relative.split("/")[:2])
        if is_extract(relative):
            if day == "2026-05-05":
                yield relative.replace(day, f"poison_{CUT}"), path.read_bytes()
        elif day == POISONED or (not day and "2026-05" in relative):
            kind = relative.removesuffix(".gz").rpartition(".")[2]
            yield f"{folder}/poison_{path.name.removesuffix('.gz')}", POISONS[kind](path)


def poisoned(row: dict, number: int) -> dict | None:
    if "received_at" not in row:
        # Tags are received as they are written.
        return row | {"tagged_at": MIDNIGHT}
    changed = row | {"received_at": MIDNIGHT}
    for key in ("event_id", "payment_id", "post_id", "case_id", "offer_id", "impression_id"):
        if key in row and number % 2:
            changed[key] = f"x{row[key]}"
    for name, value in {
        "position_ms": 1,
        "like_count": 99,
        "payment_status": "refunded",
        "contact_channel": "chat",
        "offer_name": "poison",
        "updated_at": MIDNIGHT,
    }.items():
        if name in row and row[name] not in (None, ""):
            changed[name] = value
    return changed


def json_lines(path: Path) -> bytes:
    rows = []
    for line in plain(path).splitlines():
        try:
            rows.append(json.loads(line.decode()))
        except ValueError:
            continue
    changed = [poisoned(row, number) for number, row in enumerate(rows) if sound(row)]
    return "\n".join(json.dumps(row) for row in changed).encode()


def sound(row: dict) -> bool:
    return all(isinstance(row.get(key, 0), int | None) for key in ("position_ms",)) and (
        "event_id" not in row or (row["event_id"] and row.get("event_at", "") < CUT)
    )


def csv_rows(path: Path) -> bytes:
    text = plain(path).decode(errors="replace")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if None not in (*row, *row.values())]
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(poisoned(row, number) for number, row in enumerate(rows))
    return out.getvalue().encode()


def parquet_rows(path: Path) -> bytes:
    table = pq.read_table(path)
    if "ad_event_type" in table.column_names:
        table = table.filter(pc.not_equal(table["ad_event_type"], "rewind"))
    received = table.schema.get_field_index("received_at")
    kind = table.schema.field(received).type
    moment = pa.scalar(MIDNIGHT.removesuffix("Z")).cast(pa.timestamp("us")).cast(kind)
    table = table.set_column(received, "received_at", pa.repeat(moment, len(table)))
    if "rating_value" in table.column_names:
        place = table.schema.get_field_index("rating_value")
        table = table.filter(pc.less_equal(table["rating_value"], 5))
        lowest = pa.scalar(Decimal(1), table.schema.field(place).type)
        table = table.set_column(place, "rating_value", pa.repeat(lowest, len(table)))
    return parquet(table)


POISONS = {"jsonl": json_lines, "csv": csv_rows, "parquet": parquet_rows}


def plain(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
