"""What is true of a synthetic service and stays apart from its data, below `truth/`.

No model may read it. It tells what was planted, so that tests can find it again, and how each
title was drawn, so that a recommender can be measured against what was attainable.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import Activity
from marquee.synthetic.advertising import (
    BASE,
    BREAK_EFFECTS,
    BREAK_TYPES,
    CLICK_BASE,
    POD,
    Creatives,
)
from marquee.synthetic.billing import NEVER, SubscriptionTimes
from marquee.synthetic.catalogue import Titles, numbered_ids
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.devices import Devices
from marquee.synthetic.dirt import CODE, KINDS, QUARANTINED_KINDS, EventAccount
from marquee.synthetic.files import write_bytes, write_parquet
from marquee.synthetic.identities import Identities
from marquee.synthetic.landed_files import LandedFile
from marquee.synthetic.landing import word_lists
from marquee.synthetic.lives import (
    BASE_HAZARD,
    CASE_WEIGHT,
    FAILURE_WEIGHT,
    INTEREST_WEIGHT,
    QUALITY_WEIGHT,
    Lives,
)
from marquee.synthetic.opinions import FLIP_RATE, SENTIMENTS, Ratings
from marquee.synthetic.panels import PanelWeeks
from marquee.synthetic.playback import COMPLETED_SHARE
from marquee.synthetic.posts import ENTITY_TYPES, NAMINGS, POST_TYPES, Entities, Posts
from marquee.synthetic.records import PROFILES, post_ids, profile_ids, subscription_ids
from marquee.synthetic.rows import Floats, Integers
from marquee.synthetic.sessions import NEVER as NEVER_LOGGED_IN

IS_QUARANTINED = np.array([kind in QUARANTINED_KINDS for kind in KINDS])


def claim_folder(configuration: SyntheticConfiguration, out: Path, landing: Path) -> None:
    """Write the configuration, or find that the folder already has the same one.

    Raises:
        ValueError: `landing` holds files of other or unknown arguments.
    """
    path = out / "truth/configuration.json"
    content = _json(configuration.as_json())
    is_taken = any(file.is_file() for file in landing.rglob("*"))
    if is_taken and (not path.exists() or path.read_bytes() != content):
        raise ValueError(
            f"{landing} holds files that these arguments did not make; write to another "
            f"folder, or, if they were generated too, remove the folders {landing} and "
            f"{out / 'truth'}"
        )
    # Before the data: a run that was killed can be repeated.
    write_bytes(path, content)


@dataclass(frozen=True)
class World:
    """Everything that is true of a synthetic service."""

    configuration: SyntheticConfiguration
    titles: Titles
    customers: Customers
    identities: Identities
    devices: Devices
    lives: Lives
    subscription_times: SubscriptionTimes
    activity: Activity
    ratings: Ratings
    entities: Entities
    posts: Posts
    panels: PanelWeeks


def write_truth(
    world: World, events: EventAccount, landed: Sequence[LandedFile], folder: Path
) -> None:
    """Write what is true of the world, below `folder`.

    `planted.json` has one object a table and one a file. Resent files, copies to the byte, count
    apart in a table's object: whoever recognises them by content finds `landed_row_count`, whoever
    doesn't finds `landed_row_count + resent_row_count`. `quarantined_row_count` is what ingestion
    must refuse of the originals; `events` says what is to be found among the rows that load.

    Args:
        world: Everything.
        events: Account of the events that load.
        landed: Account of every landed file.
        folder: The folder `truth`.
    """
    tables = {
        "customers": _customer_table(world),
        "titles": _title_table(world.titles),
        "plays": _play_table(world),
        "hazards": _hazard_table(world),
        "subscriptions": _subscription_table(world),
        "retention_offers": _offer_table(world),
        "posts": _post_table(world),
        "panel_weeks": _panel_table(world),
        "planted_rows": _planted_rows(landed),
    }
    for name, table in tables.items():
        write_parquet(folder / f"{name}.parquet", table)
    write_bytes(folder / "ad_responses.json", _json(_ad_responses(world.activity.creatives)))
    write_bytes(folder / "churn.json", _json(_churn_weights()))
    planted = {
        "seed": world.configuration.seed,
        "rating_flip_rate": FLIP_RATE,
        "events": asdict(events),
        "tables": _account(landed),
        "files": [_file_account(file) for file in landed],
    }
    write_bytes(folder / "planted.json", _json(planted))


def _customer_table(world: World) -> pa.Table:
    customers, identities = world.customers, world.identities
    segments = pa.array(list(vocabulary.SEGMENTS))
    countries = pa.array(list(vocabulary.COUNTRY_SHARES))
    return pa.table({
        "customer_id": customers.customer_id,
        "full_name": identities.full_name,
        "email": identities.email,
        "birth_date": identities.birth_date,
        "segment": segments.take(pa.array(customers.segment)),
        "country_code": countries.take(pa.array(customers.country)),
        "registered_at": _timestamps(customers.registered_at),
        "has_activity": ~customers.is_new,
        "activity": customers.activity,
        "taste": _vectors(customers.taste),
    })  # fmt: skip


def _title_table(titles: Titles) -> pa.Table:
    return pa.table({
        "title_id": titles.title_id,
        "title_type": titles.title_type,
        "series_id": titles.title_id.take(pa.array(titles.series, mask=titles.series < 0)),
        "genres": word_lists(titles.genres, vocabulary.GENRES),
        "quality": titles.quality,
        "popularity": titles.popularity,
        "vector": _vectors(titles.vector),
        "country_shift": _vectors(titles.country_shift.T),
    })  # fmt: skip


def _play_table(world: World) -> pa.Table:
    """Return the plays of the clean world, one row each, by the clocks of the devices.

    `watched_ms` is what was seen of the title, once each; `is_completed` says whether its end was
    reached. A play that was received in part, or not at all, is here as it happened.
    """
    activity, titles = world.activity, world.titles
    is_within = activity.played_at < world.configuration.end_us
    plays = activity.plays.take(is_within)
    sessions = activity.sessions
    device = sessions.device[plays.session]
    is_anonymous = sessions.login[plays.session] == NEVER_LOGGED_IN
    profile = PROFILES * plays.customer.astype(np.int64) + sessions.profile[plays.session]
    runtime = titles.runtime_ms[plays.title]
    return pa.table({
        "customer_id": world.customers.customer_id.take(
            pa.array(plays.customer, mask=is_anonymous)
        ),
        "profile_id": _masked(profile_ids(profile), is_anonymous),
        "device_id": world.devices.device_id.take(pa.array(device)),
        "title_id": titles.title_id.take(pa.array(plays.title)),
        "ending": pa.array(["stopped", "silent", "broken", "failed"]).take(
            pa.array(plays.ending)
        ),
        "start_position_ms": plays.start_ms,
        "end_position_ms": plays.end_ms,
        "watched_ms": plays.watched_ms,
        "is_completed": plays.end_ms >= COMPLETED_SHARE * runtime,
        "started_at": _timestamps(
            activity.played_at[is_within] + world.devices.clock_skew[device]
        ),
    })  # fmt: skip


def _hazard_table(world: World) -> pa.Table:
    """Return the daily hazard of cancelling at the end of each month, and of the world.

    One row a customer with a running subscription and a day, which `as_of_date` follows.
    """
    lives, configuration = world.lives, world.configuration
    parts = []
    for day, today in enumerate(configuration.day_dates):
        tomorrow = today + timedelta(days=1)
        if tomorrow.day == 1 or day == configuration.days - 1:
            hazard = lives.hazard[day]
            chosen = np.flatnonzero(~np.isnan(hazard))
            row = lives.subscription[day, chosen]
            ends = lives.subscriptions.cancel_day[row]
            parts.append(pa.table({
                "customer_id": world.customers.customer_id.take(pa.array(chosen)),
                "as_of_date": pa.array([tomorrow] * len(chosen), pa.date32()),
                "daily_hazard": hazard[chosen].astype(float),
                "is_cancelled_in_30_days": (ends > day) & (ends <= day + 30),
            }))  # fmt: skip
    return pa.concat_tables(parts)


def _subscription_table(world: World) -> pa.Table:
    """Return what became of each subscription within the world, one row each."""
    subscriptions, times = world.lives.subscriptions, world.subscription_times
    happened = subscriptions.cancel_day < world.configuration.days
    return pa.table({
        "subscription_id": subscription_ids(np.arange(len(subscriptions))),
        "customer_id": world.customers.customer_id.take(pa.array(subscriptions.customer)),
        "cancellation_type": pa.array(["", "voluntary", "involuntary"]).take(
            pa.array(np.where(happened, subscriptions.cancellation, 0))
        ),
        "subscribed_at": _timestamps(times.subscribed_at),
        "cancelled_at": _masked(_known_timestamps(times.cancelled_at), ~happened),
        "ended_at": _known_timestamps(times.ended_at),
    })  # fmt: skip


def _offer_table(world: World) -> pa.Table:
    """Return what an offer does to the hazard of each chosen customer, one row an offer."""
    offers = world.lives.offers
    effects = np.array([segment.offer_effect for segment in vocabulary.SEGMENTS.values()])
    return pa.table({
        "offer_id": numbered_ids("o", np.arange(len(offers)), 7),
        "customer_id": world.customers.customer_id.take(pa.array(offers.customer)),
        "is_treated": offers.is_treated,
        "daily_hazard": offers.hazard,
        "log_hazard_effect": effects[world.customers.segment[offers.customer]],
    })  # fmt: skip


def _post_table(world: World) -> pa.Table:
    """Return what each post is about, how that is told, and what its author feels."""
    posts, entities, ratings = world.posts, world.entities, world.ratings
    has_rating = posts.rating >= 0
    rating = np.maximum(posts.rating, 0)
    known = len(ratings) > 0
    flipped = ratings.is_flipped[rating] if known else np.zeros(len(posts), np.bool_)
    half_stars = ratings.half_stars[rating] if known else np.zeros(len(posts), np.int64)
    entity = pa.array(posts.entity)
    return pa.table({
        "network_name": pa.array(list(vocabulary.NETWORK_SHARES)).take(pa.array(posts.network)),
        "post_id": post_ids(world.configuration, posts.number),
        "post_type": pa.array(POST_TYPES).take(pa.array(posts.post_type)),
        "entity_type": pa.array(ENTITY_TYPES).take(pa.array(entities.entity_type[posts.entity])),
        "entity_id": entities.entity_id.take(entity),
        "naming": pa.array(NAMINGS).take(pa.array(posts.naming)),
        "language_code": pa.array(list(vocabulary.POST_LANGUAGE_SHARES)).take(
            pa.array(posts.language)
        ),
        "sentiment": pa.array(SENTIMENTS).take(pa.array(posts.sentiment)),
        "half_stars": pa.array(half_stars, mask=~has_rating),
        "is_rating_flipped": pa.array(flipped, mask=~has_rating),
    })  # fmt: skip


def _panel_table(world: World) -> pa.Table:
    """Return what is true of each week, market and title, and by how much the provider errs."""
    panels, start = world.panels, (world.configuration.start_date - date(1970, 1, 1)).days
    countries = pa.array(list(vocabulary.COUNTRY_SHARES))
    return pa.table({
        "title_id": world.titles.title_id.take(pa.array(panels.title)),
        "week_start_date": pa.array((start + panels.week).astype(np.int32)).cast(pa.date32()),
        "market_code": countries.take(pa.array(panels.country)),
        "own_viewers": panels.own_viewers,
        "own_minutes": panels.own_minutes,
        "true_viewers": panels.true_viewers,
        "true_minutes": panels.true_minutes,
        "error": panels.error,
        "is_covered": panels.is_covered,
    })  # fmt: skip


def _ad_responses(creatives: Creatives) -> dict[str, object]:
    """Return the coefficients of both logits, of completing and of clicking."""
    categories = [category for category, _ in vocabulary.ADVERTISERS]
    return {
        "base": BASE,
        "pod_position": POD,
        "break_type": dict(zip(BREAK_TYPES, BREAK_EFFECTS, strict=True)),
        "segment_and_product_category": {
            segment: dict(zip(categories, row.tolist(), strict=True))
            for segment, row in zip(vocabulary.SEGMENTS, creatives.segment_effect, strict=True)
        },
        "click_base": CLICK_BASE,
        "creatives": [
            {
                "creative_id": creative_id,
                "product_category": categories[advertiser],
                "completion": completion,
                "click": click,
                "serving_log_weight": serving,
            }
            for creative_id, advertiser, completion, click, serving in zip(
                creatives.creative_id.to_pylist(),
                creatives.advertiser.tolist(),
                creatives.effect.tolist(),
                creatives.click_effect.tolist(),
                creatives.serving.tolist(),
                strict=True,
            )
        ],
    }


def _churn_weights() -> dict[str, object]:
    return {
        "base_hazard": BASE_HAZARD,
        "lost_interest": INTEREST_WEIGHT,
        "bad_quality": QUALITY_WEIGHT,
        "service_cases": CASE_WEIGHT,
        "failed_payments": FAILURE_WEIGHT,
        "segments": {
            name: {"factor": segment.churn, "log_offer_effect": segment.offer_effect}
            for name, segment in vocabulary.SEGMENTS.items()
        },
    }


def true_affinities(
    truth_dir: Path, customer_ids: Sequence[str], title_ids: Sequence[str]
) -> Floats:
    """Return the log-probabilities with which titles were drawn.

    Ranking by them is the best that a recommender can do that knows everything but the future.
    They are the same on every day: where and when a title was out, licensed and in fashion is not
    in them. A series has its probability through its episodes, and none of its own.

    Args:
        truth_dir: The folder `truth` of a synthetic service.
        customer_ids: Customers of that service, any order, repetitions allowed.
        title_ids: Titles of that service, likewise.

    Returns:
        Customers by titles. The exponentials over all titles of the service add up to 1.

    Raises:
        KeyError: An id is not of that service.
    """
    customers = pq.read_table(truth_dir / "customers.parquet")
    titles = pq.read_table(truth_dir / "titles.parquet")
    rows = _positions(customers["customer_id"], customer_ids)
    columns = _positions(titles["title_id"], title_ids)
    countries = pa.array(list(vocabulary.COUNTRY_SHARES))
    country = pc.index_in(customers["country_code"], countries).to_numpy()[rows]
    popularity = titles["popularity"].to_numpy()
    score = (
        popularity
        + _matrix(titles["country_shift"]).T[country]
        + _matrix(customers["taste"])[rows] @ _matrix(titles["vector"]).T
    )
    series = pc.index_in(titles["series_id"], titles["title_id"])
    is_episode = series.is_valid().to_numpy()
    entry = np.flatnonzero(~is_episode)
    highest = score[:, entry].max(axis=1, keepdims=True)
    total = np.log(np.exp(score[:, entry] - highest).sum(axis=1, keepdims=True))
    score[:, entry] -= highest + total
    owner = series.drop_null().to_numpy()
    score[:, is_episode] = score[:, owner] + popularity[is_episode]
    score[:, pc.equal(titles["title_type"], "series").to_numpy()] = -np.inf
    chosen: Floats = score[:, columns]
    return chosen


def _timestamps(times: Integers) -> pa.Array:
    return pa.array(times).cast(pa.timestamp("us"))


def _known_timestamps(times: Integers) -> pa.Array:
    return pa.array(times, mask=times == NEVER).cast(pa.timestamp("us"))


def _masked(values: pa.Array, is_null: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(is_null), pa.scalar(None, values.type), values)


def _positions(known: Any, wanted: Sequence[str]) -> npt.NDArray[np.int64]:
    found = pc.index_in(pa.array(wanted, pa.string()), known)
    if found.null_count:
        missing = wanted[int(np.flatnonzero(found.is_null())[0])]
        raise KeyError(f"{missing} is not in this synthetic service")
    positions: npt.NDArray[np.int64] = found.to_numpy().astype(np.int64)
    return positions


def _vectors(matrix: Floats) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])


def _matrix(vectors: Any) -> Floats:
    flat: Floats = vectors.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(vectors), -1)


def _planted_rows(landed: Sequence[LandedFile]) -> pa.Table:
    """Return one row a planted fault or blank line, with its file and line."""
    counts = [len(file.fault) for file in landed]
    fault = np.concatenate([file.fault for file in landed])
    return pa.table({
        "source_name": np.repeat([file.source_name for file in landed], counts),
        "table_name": np.repeat([file.table_name for file in landed], counts),
        "file_name": np.repeat([file.file_name for file in landed], counts),
        "line_number": np.concatenate([file.line_number for file in landed]),
        "kind": np.array(KINDS)[fault],
        "is_quarantined": IS_QUARANTINED[fault],
    })  # fmt: skip


def _file_account(file: LandedFile) -> dict[str, object]:
    return {
        "source_name": file.source_name,
        "table_name": file.table_name,
        "file_name": file.file_name,
        "copy_of": file.copy_of,
        "landed_row_count": file.row_count,
        "quarantined_row_count": int(IS_QUARANTINED[file.fault].sum()),
    }


def _account(landed: Sequence[LandedFile]) -> list[dict[str, object]]:
    """Return one object a table; resent files, which are copies, count apart."""
    accounts: list[dict[str, object]] = []
    for source_name, table_name in dict.fromkeys((f.source_name, f.table_name) for f in landed):
        files = [f for f in landed if (f.source_name, f.table_name) == (source_name, table_name)]
        originals = [f for f in files if f.copy_of is None]
        fault = np.concatenate([f.fault for f in originals])
        kinds = {kind: int((fault == code).sum()) for kind, code in CODE.items() if code}
        accounts.append({
            "source_name": source_name,
            "table_name": table_name,
            "file_count": len(originals),
            "landed_row_count": sum(f.row_count for f in originals),
            "quarantined_row_count": int(IS_QUARANTINED[fault].sum()),
            "loaded_row_count": sum(f.row_count for f in originals)
            - int(IS_QUARANTINED[fault].sum()),
            "duplicate_row_count": kinds["duplicate_row"],
            "superseded_row_count": kinds["superseded_event"],
            "kinds": {kind: count for kind, count in kinds.items() if count},
            "resent_file_count": len(files) - len(originals),
            "resent_row_count": sum(f.row_count for f in files) - sum(
                f.row_count for f in originals
            ),
        })  # fmt: skip
    return accounts


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
