"""What lands below `landing/`: the files of every source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import Activity
from marquee.synthetic.advertising import (
    AD_EVENT_TYPES,
    BREAK_TYPES,
    SERVED,
    Creatives,
    make_ad_events,
    probabilities,
)
from marquee.synthetic.billing import (
    NEVER,
    PAYMENT_STATUSES,
    STATUSES,
    Payments,
    SubscriptionTimes,
    currencies,
    prices,
    raise_day,
    subscription_states,
)
from marquee.synthetic.catalogue import Titles, numbered_ids
from marquee.synthetic.configuration import DAY_US, SyntheticConfiguration
from marquee.synthetic.contacts import NOT_YET, CaseChanges, LandedOffers
from marquee.synthetic.contacts import STATUSES as CASE_STATUSES
from marquee.synthetic.customers import Customers
from marquee.synthetic.devices import Devices
from marquee.synthetic.dirt import CODE, LandedEvents, planted_codes, soil
from marquee.synthetic.files import gzipped
from marquee.synthetic.identities import Identities
from marquee.synthetic.landed_files import (
    LandedFile,
    daily,
    land,
    land_csv,
    land_json,
    land_parquet,
    monthly,
)
from marquee.synthetic.lives import TREATMENT_PROBABILITIES, Lives
from marquee.synthetic.opinions import Ratings, Tags
from marquee.synthetic.panels import PROVIDER, PanelWeeks, monday_of, published_us
from marquee.synthetic.posts import (
    BY_ID,
    ENTITY_TYPES,
    POST_TYPES,
    Entities,
    Posts,
    author_handles,
    brand_ids,
    post_texts,
    property_ids,
)
from marquee.synthetic.records import (
    CSV_PATCHES,
    JSON_PATCHES,
    EventRecords,
    csv_records,
    impression_ids,
    iso_or_null,
    iso_timestamps,
    joined,
    json_records,
    lines,
    patched,
    post_ids,
    subscription_ids,
)
from marquee.synthetic.rows import Booleans, Integers
from marquee.synthetic.sessions import NEVER as NEVER_LOGGED_IN

WEEK = 7
"""Days between extracts of what seldom changes."""
CHANGE_RATES = {"moves": 0.04, "returns": 0.5, "consent": 0.08}
"""Customers who move in 180 days, of these those who move back, and who change their mind."""
# Half stars 0 to 10, and the value out of range.
RATING_VALUES = pa.array(
    [Decimal(half) / 2 for half in range(11)] + [Decimal("9.5")], pa.decimal128(3, 1)
)
OUT_OF_RANGE = len(RATING_VALUES) - 1

CUSTOMER_HEADER = (
    "customer_id,full_name,email,birth_date,country_code,language_code,gender,"
    "has_marketing_consent,registered_at"
)
PLAN_HEADER = "plan_id,currency_code,plan_name,plan_tier,billing_period_months,price_amount"
SUBSCRIPTION_HEADER = (
    "subscription_id,customer_id,plan_id,currency_code,subscription_status,cancellation_type,"
    "cancellation_reason,has_auto_renewal,subscribed_at,plan_started_at,cancelled_at,ended_at"
)
PAYMENT_HEADER = (
    "payment_id,subscription_id,customer_id,currency_code,payment_status,failure_reason,"
    "attempt_number,payment_amount,paid_at,received_at"
)
OFFER_HEADER = (
    "offer_id,customer_id,campaign_id,offer_name,treatment_group,treatment_probability,"
    "offered_at,received_at"
)
CREATIVE_HEADER = (
    "creative_id,campaign_id,creative_name,campaign_name,advertiser_name,product_category,"
    "creative_duration_ms"
)
PANEL_HEADER = (
    "title_id,week_start_date,market_code,provider_name,reach_count,viewed_minutes,rating_points,"
    "published_at,received_at"
)
TAG_HEADER = "customer_id,title_id,network_name,tag_text,tagged_at"


def land_customers(
    configuration: SyntheticConfiguration,
    customers: Customers,
    identities: Identities,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write full extracts of all customers; some move, some of them back again."""
    random = configuration.random("customer changes")
    count = len(customers)
    share = configuration.days / 180
    country_count = len(vocabulary.COUNTRY_SHARES)
    moves_at = _change_times(random, configuration, count, CHANGE_RATES["moves"] * share)
    left = np.maximum(configuration.end_us - moves_at, 0)
    back_at = moves_at + (random.uniform(0.1, 0.9, count) * left).astype(np.int64)
    back_at[(random.random(count) >= CHANGE_RATES["returns"]) | (left == 0)] = NEVER
    elsewhere = (customers.country + random.integers(1, country_count, count)) % country_count
    consents = random.random(count) < 0.6
    decides_at = _change_times(random, configuration, count, CHANGE_RATES["consent"] * share)

    head = csv_records(
        [customers.customer_id, identities.full_name, identities.email, identities.birth_date],
        texts=(1, 2),
    )
    tail = csv_records([
        pa.array(vocabulary.LANGUAGES).take(pa.array(customers.country)),
        pa.array(customers.gender),
    ])  # fmt: skip
    registered = iso_timestamps(customers.registered_at)
    countries = pa.array(list(vocabulary.COUNTRY_SHARES))
    for day in configuration.extract_days(configuration.extract_interval_days):
        end_us = configuration.start_us + (day + 1) * DAY_US
        is_away = (moves_at < end_us) & (end_us <= back_at)
        country = np.where(is_away, elsewhere, customers.country)
        consent = (consents ^ (decides_at < end_us)).astype(np.int64)
        records = csv_records([
            head,
            countries.take(pa.array(country)),
            tail,
            pa.array(["false", "true"]).take(pa.array(consent)),
            registered,
        ]).filter(pa.array(customers.registered_at < end_us))  # fmt: skip
        name = f"customers_{configuration.day_dates[day]}.csv"
        yield land_csv(folder, "crm.customers", name, CUSTOMER_HEADER, records)


def land_plans(configuration: SyntheticConfiguration, folder: Path) -> Iterator[LandedFile]:
    """Write weekly price lists; one plan becomes dearer."""
    for day in configuration.extract_days(WEEK):
        amounts = prices(is_raised=day >= raise_day(configuration))
        records = pa.array([
            f"{plan_id},{currency},{_quoted(name)},{tier},{months},{amount}"
            for row, (plan_id, (name, tier, months, _, _)) in enumerate(vocabulary.PLANS.items())
            for currency, amount in zip(vocabulary.CURRENCIES, amounts[row], strict=True)
        ])  # fmt: skip
        name = f"plans_{configuration.day_dates[day]}.csv"
        yield land_csv(folder, "billing.plans", name, PLAN_HEADER, records)


def land_subscriptions(
    configuration: SyntheticConfiguration,
    customers: Customers,
    lives: Lives,
    times: SubscriptionTimes,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write full extracts of all subscriptions that have ever begun."""
    subscriptions = lives.subscriptions
    plans = pa.array(list(vocabulary.PLANS))
    reasons = pa.array([*vocabulary.CANCELLATION_REASONS, "payment_failed"])
    kinds = pa.array(["", "voluntary", "involuntary"])
    currency = pa.array(vocabulary.CURRENCIES).take(pa.array(currencies(customers)))
    owner = pa.array(subscriptions.customer)
    owners = customers.customer_id.take(owner)
    owner_currencies = currency.take(owner)
    identity = subscription_ids(np.arange(len(subscriptions)))
    begun = iso_timestamps(times.subscribed_at)
    for day in configuration.extract_days(configuration.extract_interval_days):
        states = subscription_states(configuration, lives, times, day)
        rows = pa.array(states.subscription)
        # An empty reason stands first but one: nothing was told.
        untold = list(vocabulary.CANCELLATION_REASONS).index("")
        is_failed = states.cancellation == 2
        reason = np.where(is_failed, len(reasons) - 1, states.reason)
        records = csv_records([
            identity.take(rows),
            owners.take(rows),
            plans.take(pa.array(states.plan)),
            owner_currencies.take(rows),
            pa.array(STATUSES).take(pa.array(states.status)),
            kinds.take(pa.array(states.cancellation)),
            reasons.take(pa.array(np.where(reason < 0, untold, reason))),
            pa.array(["false", "true"]).take(pa.array(states.has_auto_renewal.astype(np.int64))),
            begun.take(rows),
            iso_timestamps(states.plan_started_at),
            iso_or_null(states.cancelled_at, NEVER),
            iso_or_null(states.ended_at, NEVER),
        ])  # fmt: skip
        name = f"subscriptions_{configuration.day_dates[day]}.csv.gz"
        yield land_csv(folder, "billing.subscriptions", name, SUBSCRIPTION_HEADER, records)


def land_payments(
    configuration: SyntheticConfiguration, customers: Customers, payments: Payments, folder: Path
) -> Iterator[LandedFile]:
    """Write a CSV file for every day on which payments were received."""
    random = configuration.random("payment faults")
    soiled = soil(random, payments.received_at, configuration.payment_faults, configuration.end_us)
    rows = payments.take(soiled.row)
    amounts = np.where(
        rows.is_raised,
        prices(is_raised=True)[rows.plan, rows.currency],
        prices(is_raised=False)[rows.plan, rows.currency],
    )
    reasons = pa.array([*vocabulary.FAILURE_REASONS, ""])
    attempt = pa.array(rows.attempt, mask=rows.attempt == 0)
    records = csv_records([
        numbered_ids("y", rows.number, 8),
        subscription_ids(rows.subscription),
        customers.customer_id.take(pa.array(rows.customer)),
        pa.array(vocabulary.CURRENCIES).take(pa.array(rows.currency)),
        pa.array(PAYMENT_STATUSES).take(pa.array(rows.status)),
        reasons.take(pa.array(rows.reason % len(reasons))),
        attempt,
        pa.array(amounts),
        iso_timestamps(rows.paid_at),
        iso_timestamps(rows.received_at),
    ])  # fmt: skip
    records = patched(records, soiled.fault, CSV_PATCHES)
    for day, part in daily(configuration, soiled.landed_at):
        name = f"payments_{day}.csv"
        yield land_csv(
            folder, "billing.payments", name, PAYMENT_HEADER, records[part], soiled.fault[part]
        )


def land_cases(
    configuration: SyntheticConfiguration, customers: Customers, cases: CaseChanges, folder: Path
) -> Iterator[LandedFile]:
    """Write JSON lines for every month with changes of service cases."""
    random = configuration.random("case faults")
    soiled = soil(
        random, cases.received_at, configuration.case_faults, configuration.end_us, latest_days=0
    )
    rows = cases.take(soiled.row)
    records = json_records(
        pa.table({
            "case_id": numbered_ids("k", rows.case, 7),
            "customer_id": customers.customer_id.take(pa.array(rows.customer)),
            "contact_channel": pa.array(list(vocabulary.CASE_CHANNELS)).take(
                pa.array(rows.channel)
            ),
            "case_topic": pa.array(vocabulary.CASE_TOPICS).take(pa.array(rows.topic)),
            "case_status": pa.array(CASE_STATUSES).take(pa.array(rows.status)),
            "satisfaction_score": pa.array(rows.satisfaction, mask=rows.satisfaction == 0),
            "opened_at": iso_timestamps(rows.opened_at),
            "closed_at": iso_or_null(rows.closed_at, NOT_YET),
            "updated_at": iso_timestamps(rows.updated_at),
            "received_at": iso_timestamps(rows.received_at),
        })
    )  # fmt: skip
    records = patched(records, soiled.fault, JSON_PATCHES)
    for month, part in monthly(configuration, soiled.landed_at):
        name = f"service_cases_{month}.jsonl"
        yield land_json(folder, "contacts.service_cases", name, records[part], soiled.fault[part])


def land_offers(
    configuration: SyntheticConfiguration,
    customers: Customers,
    lives: Lives,
    offers: LandedOffers,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a CSV file for every month with retention offers."""
    random = configuration.random("offer faults")
    soiled = soil(
        random, offers.received_at, configuration.offer_faults, configuration.end_us, latest_days=0
    )
    rows = offers.take(soiled.row)
    chosen = lives.offers.take(rows.row)
    known = pa.array([f"{probability:.8f}" for probability in TREATMENT_PROBABILITIES])
    records = csv_records([
        numbered_ids("o", rows.offer, 7),
        customers.customer_id.take(pa.array(chosen.customer)),
        numbered_ids("retention-", chosen.campaign + 1, 2),
        pa.array(vocabulary.OFFER_NAMES).take(pa.array(rows.name)),
        pa.array(["holdout", "treated"]).take(pa.array(chosen.is_treated.astype(np.int64))),
        known.take(pa.array(chosen.probability)),
        iso_timestamps(rows.offered_at),
        iso_timestamps(rows.received_at),
    ])  # fmt: skip
    records = patched(records, soiled.fault, CSV_PATCHES)
    for month, part in monthly(configuration, soiled.landed_at):
        name = f"retention_offers_{month}.csv"
        yield land_csv(
            folder,
            "contacts.retention_offers",
            name,
            OFFER_HEADER,
            records[part],
            soiled.fault[part],
        )


def land_creatives(
    configuration: SyntheticConfiguration, creatives: Creatives, folder: Path
) -> Iterator[LandedFile]:
    """Write weekly extracts of the creatives."""
    advertisers = pa.array([name for _, name in vocabulary.ADVERTISERS])
    categories = pa.array([category for category, _ in vocabulary.ADVERTISERS])
    advertiser = pa.array(creatives.advertiser)
    season = pa.array(["spring", "summer"]).take(
        pa.array(creatives.campaign // len(vocabulary.ADVERTISERS))
    )
    campaign_names = joined(advertisers.take(advertiser), " ", season)
    number = pa.array(creatives.number).cast(pa.string())
    records = csv_records(
        [
            creatives.creative_id,
            campaign_ids(creatives.campaign),
            joined(campaign_names, ", film ", number),
            campaign_names,
            advertisers.take(advertiser),
            categories.take(advertiser),
            pa.array(creatives.duration_ms),
        ],
        texts=(2, 3, 4),
    )
    for day in configuration.extract_days(WEEK):
        name = f"creatives_{configuration.day_dates[day]}.csv"
        yield land_csv(folder, "ads.creatives", name, CREATIVE_HEADER, records)


def campaign_ids(numbers: Integers) -> pa.Array:
    """Return the ids of advertising campaigns by number."""
    return numbered_ids("ad-campaign-", numbers + 1, 3)


def land_ad_events(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    devices: Devices,
    activity: Activity,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a Parquet file for every day on which the ad server heard something."""
    random = configuration.random("ad event faults")
    impressions, plays = activity.impressions, activity.plays
    session = plays.session[impressions.play]
    device = activity.sessions.device[session]
    events = make_ad_events(
        configuration,
        activity.creatives,
        impressions,
        activity.break_at,
        devices.clock_skew[device],
    )
    soiled = soil(random, events.received_at, configuration.ad_event_faults, configuration.end_us)
    is_known = activity.sessions.login[session] != NEVER_LOGGED_IN
    owners = customers.customer_id.take(pa.array(plays.customer[impressions.play], mask=~is_known))
    odds = probabilities(impressions)
    types = pa.array([*AD_EVENT_TYPES, "rewind"])
    for day, part in daily(configuration, soiled.landed_at):
        rows, fault = events.take(soiled.row[part]), soiled.fault[part]
        is_wrong = fault == CODE["invalid_ad_event_type"]
        number = rows.impression.astype(np.int64)
        served = rows.event_type == SERVED
        creative = impressions.creative[number]
        table = pa.table({
            "impression_id": impression_ids(configuration, number),
            "ad_event_type": types.take(
                pa.array(np.where(is_wrong, len(types) - 1, rows.event_type))
            ),
            "customer_id": owners.take(pa.array(number)),
            "device_id": devices.device_id.take(pa.array(device[number])),
            "title_id": titles.title_id.take(pa.array(plays.title[impressions.play[number]])),
            "creative_id": activity.creatives.creative_id.take(pa.array(creative)),
            "campaign_id": campaign_ids(activity.creatives.campaign[creative]),
            "break_type": pa.array(BREAK_TYPES).take(pa.array(impressions.break_type[number])),
            "pod_position": pa.array(impressions.pod_position[number].astype(np.int32)),
            "serving_probability": odds.take(pa.array(number, mask=~served)),
            "ad_event_at": _timestamps(rows.event_at),
            "received_at": _timestamps(rows.received_at),
        })  # fmt: skip
        name = f"ad_events_{day}.parquet"
        yield land_parquet(folder, "ads.ad_events", name, table, fault)


def land_titles(
    configuration: SyntheticConfiguration, titles: Titles, folder: Path
) -> Iterator[LandedFile]:
    """Write weekly extracts of what has come out; a few titles come late into the catalogue."""
    random = configuration.random("title extracts")
    records = json_records(_title_table(configuration, titles))
    is_late = np.zeros(len(records), np.bool_)
    is_late[random.choice(len(records), 3, replace=False)] = True
    for day in configuration.extract_days(WEEK):
        is_delivered = titles.release_day <= day
        is_delivered &= ~is_late | (day >= configuration.days // 2)
        if day == configuration.days - 1:
            is_delivered[:] = True
        extract = records.filter(pa.array(is_delivered))
        name = f"titles_{configuration.day_dates[day]}.jsonl.gz"
        yield land(folder, "dam.titles", name, gzipped(lines(extract)), len(extract))


def land_events(
    configuration: SyntheticConfiguration,
    activity: Activity,
    devices: Devices,
    landed: LandedEvents,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a file for every day on which events were received, and resend some."""
    random = configuration.random("resent files")
    resent = random.choice(configuration.days, configuration.resent_file_count, replace=False)
    writer = EventRecords(configuration, activity.sessions, devices)
    for number, (day, rows) in enumerate(daily(configuration, landed.landed_at)):
        faults = landed.fault[rows]
        content = gzipped(lines(writer.records(landed, rows)))
        row_count = len(faults) - int((faults == CODE["blank_line"]).sum())
        name = f"events_{day}.jsonl.gz"
        yield land(folder, "events.events", name, content, row_count, faults)
        if number in resent:
            again = f"events_{day}_resent.jsonl.gz"
            yield land(folder, "events.events", again, content, row_count, faults, copy_of=name)


def land_ratings(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    ratings: Ratings,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a Parquet file for every month with ratings."""
    random = configuration.random("rating faults")
    faults = planted_codes(random, len(ratings), configuration.rating_faults)
    is_wrong = faults == CODE["rating_out_of_range"]
    delay = random.integers(1, 600, len(ratings)) * 1_000_000
    table = pa.table({
        "customer_id": customers.customer_id.take(pa.array(ratings.customer)),
        "title_id": titles.title_id.take(pa.array(ratings.title)),
        "network_name": pa.array(list(vocabulary.NETWORK_SHARES)).take(pa.array(ratings.network)),
        "rating_value": RATING_VALUES.take(
            pa.array(np.where(is_wrong, OUT_OF_RANGE, ratings.half_stars))
        ),
        "rated_at": _timestamps(ratings.rated_at),
        "received_at": _timestamps(ratings.rated_at + delay),
    })  # fmt: skip
    for month, part in monthly(configuration, ratings.rated_at):
        name = f"ratings_{month}.parquet"
        yield land_parquet(folder, "social.ratings", name, table[part], faults[part])


def land_tags(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    tags: Tags,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write a CSV file for every month with tags."""
    random = configuration.random("tag faults")
    faults = planted_codes(random, len(tags), configuration.tag_faults)
    records = csv_records(
        [
            customers.customer_id.take(pa.array(tags.customer)),
            titles.title_id.take(pa.array(tags.title)),
            pa.array(list(vocabulary.NETWORK_SHARES)).take(pa.array(tags.network)),
            pa.array(vocabulary.TAG_TEXTS).take(pa.array(tags.text)),
            iso_timestamps(tags.tagged_at),
        ],
        texts=(3,),
    )
    records = patched(records, faults, CSV_PATCHES)
    for month, part in monthly(configuration, tags.tagged_at):
        name = f"tags_{month}.csv.gz"
        yield land_csv(folder, "social.tags", name, TAG_HEADER, records[part], faults[part])


def land_panels(
    configuration: SyntheticConfiguration, titles: Titles, panels: PanelWeeks, folder: Path
) -> Iterator[LandedFile]:
    """Write a CSV file for every week that the provider of panels has figures of."""
    countries = pa.array(list(vocabulary.COUNTRY_SHARES))
    told = panels.take(panels.is_covered)
    for week in np.unique(told.week).tolist():
        rows = told.take(told.week == week)
        published_at = published_us(configuration, week)
        moments = np.full(len(rows), published_at)
        records = csv_records([
            titles.title_id.take(pa.array(rows.title)),
            pa.repeat(str(monday_of(configuration, week)), len(rows)),
            countries.take(pa.array(rows.country)),
            pa.repeat(PROVIDER, len(rows)),
            pa.array(rows.told_viewers),
            pa.array(rows.told_minutes),
            pa.array([f"{points:.4f}" for points in rows.rating_points.tolist()]),
            iso_timestamps(moments),
            iso_timestamps(moments + 60_000_000),
        ])  # fmt: skip
        name = f"panel_{monday_of(configuration, week)}.csv"
        yield land_csv(folder, "panels.audience_panel_weeks", name, PANEL_HEADER, records)


def land_posts(
    configuration: SyntheticConfiguration,
    customers: Customers,
    entities: Entities,
    posts: Posts,
    folder: Path,
) -> Iterator[LandedFile]:
    """Write JSON lines for every network and month with posts."""
    random = configuration.random("post faults")
    networks = list(vocabulary.NETWORK_SHARES)
    for place, network in enumerate(networks):
        own = posts.take(posts.network == place)
        soiled = soil(
            random, own.received_at, configuration.post_faults, configuration.end_us, latest_days=0
        )
        rows = own.take(soiled.row)
        records = json_records(_post_table(configuration, customers, entities, rows))
        records = patched(records, soiled.fault, JSON_PATCHES)
        for month, part in monthly(configuration, soiled.landed_at):
            name = f"{network}_{month}.jsonl"
            yield land_json(folder, "social.posts", name, records[part], soiled.fault[part])


def word_lists(chosen: Booleans, words: Collection[str]) -> pa.Array:
    """Return the chosen words of each row as a list: rows by words in, rows out."""
    offsets = np.concatenate([[0], np.cumsum(chosen.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(list(words)).take(pa.array(np.nonzero(chosen)[1]))
    )


def _post_table(
    configuration: SyntheticConfiguration, customers: Customers, entities: Entities, posts: Posts
) -> pa.Table:
    is_told = posts.naming == BY_ID
    entity = pa.array(posts.entity, mask=~is_told)
    kind = pa.array(entities.entity_type[posts.entity], mask=~is_told)
    owner = pa.array(np.where(posts.is_customer, posts.author, 0), mask=~posts.is_customer)
    return pa.table({
        "network_name": pa.array(list(vocabulary.NETWORK_SHARES)).take(pa.array(posts.network)),
        "post_id": post_ids(configuration, posts.number),
        "customer_id": customers.customer_id.take(owner),
        "author_handle": author_handles(posts.author),
        "entity_type": pa.array(ENTITY_TYPES).take(kind),
        "entity_id": entities.entity_id.take(entity),
        "post_type": pa.array(POST_TYPES).take(pa.array(posts.post_type)),
        "post_text": post_texts(entities, posts),
        "like_count": pa.array(posts.like_count),
        "posted_at": iso_timestamps(posts.posted_at),
        "received_at": iso_timestamps(posts.received_at),
    })  # fmt: skip


def _title_table(configuration: SyntheticConfiguration, titles: Titles) -> pa.Table:
    brand, own = pa.array(titles.brand), titles.property_number
    has_property = own >= 0
    numbers = np.maximum(own, 0)
    is_episode = titles.series >= 0
    properties = pa.array(vocabulary.PROPERTY_NAMES)
    talents = [
        {"talent_id": each.talent_id, "talent_name": each.name, "talent_role": each.role}
        for each in titles.talents
    ]

    def told(day: int | None) -> str | None:
        return None if day is None else str(configuration.start_date + timedelta(days=day))

    def where(values: pa.Array, is_told: Booleans) -> pa.Array:
        return values.take(pa.array(np.arange(len(values)), mask=~is_told))

    return pa.table({
        "title_id": titles.title_id,
        "eidr_id": titles.eidr_id,
        "series_id": titles.title_id.take(pa.array(titles.series, mask=~is_episode)),
        "brand_id": brand_ids(titles.brand),
        "property_id": where(property_ids(numbers), has_property),
        "title_name": titles.title_name,
        "title_type": titles.title_type,
        "brand_name": pa.array(vocabulary.BRAND_NAMES).take(brand),
        "property_name": where(properties.take(pa.array(numbers)), has_property),
        "description_text": titles.description,
        "original_language_code": pa.array(list(vocabulary.LANGUAGE_SHARES)).take(
            pa.array(titles.language)
        ),
        "season_number": pa.array(titles.season_number, mask=~is_episode),
        "episode_number": pa.array(titles.episode_number, mask=~is_episode),
        "minimum_age": pa.array(titles.minimum_age, mask=titles.minimum_age < 0),
        "release_year": titles.release_year,
        "runtime_ms": pa.array(titles.runtime_ms, mask=titles.runtime_ms == 0),
        "genres": word_lists(titles.genres, vocabulary.GENRES),
        "tags": word_lists(titles.tags, vocabulary.TITLE_TAGS),
        "talents": [[talents[place] for place in row] for row in titles.credits],
        "licence_windows": pa.array(
            [
                [
                    {
                        "territory_code": window.territory_code,
                        "licensed_from_date": told(window.from_day),
                        "licensed_to_date": told(window.to_day),
                    }
                    for window in row
                ]
                for row in titles.windows
            ],
            pa.list_(
                pa.struct([
                    ("territory_code", pa.string()),
                    ("licensed_from_date", pa.string()),
                    ("licensed_to_date", pa.string()),
                ])
            ),
        ),
    })  # fmt: skip


def _timestamps(times: Integers) -> pa.Array:
    return pa.array(times).cast(pa.timestamp("us"))


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text


def _change_times(
    random: np.random.Generator, configuration: SyntheticConfiguration, count: int, rate: float
) -> Integers:
    """Return when each customer changes something; for all but a share of `rate`, never."""
    changes = random.random(count) < rate
    times = random.integers(configuration.start_us, configuration.end_us, count)
    return np.where(changes, times, NEVER)
