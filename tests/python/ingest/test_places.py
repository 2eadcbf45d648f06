"""Where addresses are: known answers, nested ranges, and every fault of a table."""

import csv
import json
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.engine import connect
from marquee.ingest.places import (
    COLUMNS,
    NOWHERE,
    Addresses,
    MaxMindDatabase,
    NoPlaces,
    PlacesError,
    RangeTable,
    network_prefix,
    open_places,
    packed_address,
)
from tests.python.conftest import environment

HEADER = "network,country_code,region_name,city_name,time_zone"
TABLE = f"""{HEADER}
198.18.0.0/15,DE,,,Europe/Berlin
198.18.4.0/22,DE,Bayern,,Europe/Berlin
198.18.5.0/24,DE,Bayern,München,Europe/Berlin
2001:db8::/32,FR,Île-de-France,Paris,Europe/Paris
2001:db8:ffff::/48,FR,Bretagne,Brest,Europe/Paris
203.0.113.7/32,GB,England,London,Europe/London
10.0.0.0/8,US,,,
"""


def table_of(tmp_path: Path, text: str) -> RangeTable:
    path = tmp_path / "places.csv"
    path.write_text(text)
    return RangeTable(path)


def cities(places, *texts):
    found = places.places(Addresses(texts))
    assert found.column_names == list(COLUMNS)
    return [(row["region_name"], row["city_name"]) for row in found.to_pylist()]


def test_the_most_specific_network_wins(tmp_path):
    table = table_of(tmp_path, TABLE)
    found = cities(
        table,
        "198.18.5.0",
        "198.18.5.255",
        "198.18.6.0",
        "198.18.4.255",
        "198.18.8.0",
        "198.20.0.0",
    )
    munich, bavaria, germany = ("Bayern", "München"), ("Bayern", None), (None, None)
    assert found == [munich, munich, bavaria, bavaria, germany, (None, None)]
    assert table.places(Addresses(["198.18.8.0"])).to_pylist()[0]["country_code"] == "DE"
    assert cities(table, "2001:db8::1", "2001:db8:ffff::1", "2001:db9::", "::ffff:198.18.5.1") == [
        ("Île-de-France", "Paris"),
        ("Bretagne", "Brest"),
        (None, None),
        munich,
    ]
    assert cities(table, "203.0.113.7", "203.0.113.8") == [("England", "London"), (None, None)]


def test_private_and_invalid_addresses_are_nowhere(tmp_path):
    table = table_of(tmp_path, TABLE)
    found = table.places(Addresses(["10.1.2.3", "x", "", "198.18.300.1", None]))
    assert [row["country_code"] for row in found.to_pylist()] == [None] * 5
    assert table.places(Addresses([])).num_rows == 0


def test_ranges_by_first_and_last_address(tmp_path):
    header = HEADER.replace("network", "start_address,end_address")
    table = table_of(tmp_path, f"{header}\n198.18.0.5,198.18.0.9,DE,,Berlin,\n")
    assert cities(table, "198.18.0.4", "198.18.0.5", "198.18.0.9", "198.18.0.10") == [
        (None, None),
        (None, "Berlin"),
        (None, "Berlin"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1 lacks"),
        ("network,country\n", "line 1 lacks country_code"),
        (f"{HEADER}\n198.18.0.0/15,DE\n", "line 2 does not have as many fields"),
        (f"{HEADER}\n198.18.0.0/33,DE,,,\n", "line 2 names no network"),
        (f"{HEADER}\n198.18.0.1/15,DE,,,\n", "line 2 names no network"),
        (
            f"{HEADER}\n198.18.0.0/15,DE,,,\n198.18.0.0/15,FR,,,\n",
            "line 3 gives the range of line 2",
        ),
        (
            "start_address,end_address,country_code,region_name,city_name,time_zone\n"
            "198.18.0.1,198.18.0.9,DE,,,\n198.18.0.5,198.18.0.12,FR,,,\n",
            "line 3 overlaps line 2",
        ),
    ],
)
def test_a_faulty_table_says_where_and_what_to_do(tmp_path, text, words):
    table = table_of(tmp_path, text)
    with pytest.raises(PlacesError, match=words) as caught:
        table.places(Addresses(["198.18.0.1"]))
    assert str(caught.value).startswith(f"{table.path}: ")


def test_a_file_that_is_no_database_says_so(tmp_path):
    path = tmp_path / "places.mmdb"
    path.write_bytes(b"nothing")
    with pytest.raises(PlacesError, match=r"places\.mmdb is no sound database.*Download it again"):
        MaxMindDatabase(path).places(Addresses(["198.18.0.1"]))


def table_in(deployment):
    [table] = open_places(deployment.paths).tables
    return table


def test_the_table_is_found_in_the_home_or_by_name(deployment, tmp_path):
    assert isinstance(table_in(deployment), NoPlaces)
    (deployment.paths.home / "places.csv").write_text(TABLE)
    assert isinstance(table_in(deployment), RangeTable)
    (deployment.paths.home / "places.mmdb").touch()
    with pytest.raises(PlacesError, match="Remove one"):
        open_places(deployment.paths)
    with environment({"MARQUEE_PLACES": str(deployment.paths.home / "places.mmdb")}):
        assert isinstance(table_in(deployment), MaxMindDatabase)
    with environment({"MARQUEE_PLACES": str(tmp_path / "gone.csv")}), pytest.raises(PlacesError):
        open_places(deployment.paths)


def test_a_folder_is_the_history_of_places(deployment, tmp_path):
    folder = tmp_path / "history"
    folder.mkdir()
    for day, ending in (("2026-02-01", "csv"), ("2026-01-01", "mmdb"), ("2026-03-01", "csv")):
        (folder / f"places_{day}.{ending}").touch()
    (folder / ".hidden").touch()
    with environment({"MARQUEE_PLACES": str(folder)}):
        history = open_places(deployment.paths)
    kinds = [type(table) for table in history.tables]
    assert kinds == [MaxMindDatabase, RangeTable, RangeTable]
    assert [str(day) for day in history.starts] == ["2026-02-01", "2026-03-01"]
    with connect() as connection:
        for moment, version in (
            ("2020-01-01 00:00:00", 0),
            ("2026-01-31 23:59:59.999999", 0),
            ("2026-02-01 00:00:00", 1),
            ("2026-03-01 00:00:00", 2),
            ("2030-01-01 00:00:00", 2),
        ):
            day = f"timestamp '{moment}'"
            assert connection.execute(f"select {history.version(day)}").fetchone() == (version,)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["places.csv"], "must have one day in its name"),
        (["places_2026-13-01.csv"], "must have one day in its name"),
        (["places_2026-01-01_to_2026-02-01.csv"], "must have one day in its name"),
        (["places_2026-01-01.csv", "places_2026-01-01.mmdb"], "hold from the same day"),
        (["places_2026-01-01.txt"], "is no table of places"),
        ([], "has no table of places"),
    ],
)
def test_a_faulty_folder_says_what_to_do(deployment, tmp_path, names, words):
    folder = tmp_path / "history"
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    with environment({"MARQUEE_PLACES": str(folder)}), pytest.raises(PlacesError, match=words):
        open_places(deployment.paths)


def event(name, at, address="198.18.5.1"):
    row = {"event_id": name, "event_type": "play", "event_at": at, "received_at": at}
    return json.dumps(row | {"ip_address": address})


def test_an_old_day_has_its_old_places_whenever_it_is_ingested(deployment, new_deployment):
    """The network moves from Munich to Paris on 1 February."""
    folder = deployment.paths.home / "places"
    folder.mkdir(parents=True)
    (folder / "places_2026-01-01.csv").write_text(TABLE)
    deployment.land("events/events/1.jsonl", event("e1", "2026-01-31T23:59:59Z"))
    deployment.ingest()
    moved = TABLE.replace("DE,Bayern,München,Europe/Berlin", "FR,,Paris,Europe/Paris")
    (folder / "places_2026-02-01.csv").write_text(moved)
    deployment.land("events/events/2.jsonl", event("e2", "2026-02-01T00:00:00Z"))
    # Late: the new table has come before.
    deployment.land("events/events/0.jsonl", event("e0", "2026-01-15T10:00:00Z"))
    deployment.ingest()
    shown = "event_id, place_city_name"
    expected = [("e0", "München"), ("e1", "München"), ("e2", "Paris")]
    assert deployment.lake_rows("events.events", shown) == expected
    # All in one file, too: each row is of its own day.
    fresh = new_deployment("fresh")
    fresh.settings["MARQUEE_PLACES"] = str(folder)
    lines = [path.read_text() for path in deployment.landed()]
    fresh.land("events/events/all.jsonl", "\n".join(lines))
    fresh.ingest()
    assert fresh.lake_rows("events.events", shown) == expected
    profiles = fresh.ledger("profiles", "column_name, row_count, null_count, distinct_count")
    assert ("place_city_name", 3, 0, 2) in profiles
    assert ("ip_address", 3, 0, 1) in profiles


STATUSES = {
    "198.18.5.1": "known",
    "::ffff:198.18.5.1": "known",
    "203.0.113.8": "unknown",
    "2001:db9::1": "unknown",
    "10.0.0.1": "private",
    "100.64.0.1": "private",
    "192.168.1.1": "private",
    "fd00::1": "private",
    "127.0.0.1": "reserved",
    "::1": "reserved",
    "169.254.1.1": "reserved",
    "fe80::1": "reserved",
    "255.255.255.255": "reserved",
    "198.18.300.1": "invalid",
    "unknown": "invalid",
    None: None,
}


@pytest.mark.parametrize("has_table", [True, False])
def test_an_address_without_a_place_has_a_reason(deployment, has_table):
    if has_table:
        deployment.paths.home.mkdir(exist_ok=True)
        (deployment.paths.home / "places.csv").write_text(TABLE)
    rows = [event(str(n), "2026-01-05T10:00:00Z", text) for n, text in enumerate(STATUSES)]
    deployment.land("events/events/e.jsonl", "\n".join(rows))
    deployment.ingest()
    found = dict(deployment.lake_rows("events.events", "event_id, place_status"))
    assert found == {
        str(n): "unknown" if status == "known" and not has_table else status
        for n, status in enumerate(STATUSES.values())
    }


def test_the_contract_and_the_code_name_the_same_statuses(contract):
    column = contract.table("events", "events").column("place_status")
    assert set(column.valid_values) == {*STATUSES.values()} - {None}


def test_events_get_their_places(deployment):
    event = {"event_type": "play", "event_at": "2026-01-05T10:00:00Z"}
    event |= {"received_at": event["event_at"]}
    rows = [
        event | {"event_id": f"e{n}", "ip_address": address}
        for n, address in enumerate(["198.18.5.1", "2001:db8::1", "no address", None])
    ]
    deployment.paths.home.mkdir(exist_ok=True)
    (deployment.paths.home / "places.csv").write_text(TABLE)
    deployment.land("events/events/e.jsonl", "\n".join(json.dumps(row) for row in rows))
    deployment.ingest()
    shown = "event_id, network_prefix, place_country_code, place_city_name, place_time_zone"
    assert deployment.lake_rows("events.events", shown) == [
        ("e0", "198.18.5.0/24", "DE", "München", "Europe/Berlin"),
        ("e1", "2001:db8::/48", "FR", "Paris", "Europe/Paris"),
        ("e2", None, None, None, None),
        ("e3", None, None, None, None),
    ]


@given(
    st.one_of(
        st.ip_addresses().map(str),
        st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3}){2,4} ?", fullmatch=True),
        st.text(max_size=12),
    )
)
def test_the_short_way_reads_what_the_library_reads(text):
    try:
        expected = ip_address(text.strip())
    except ValueError:
        expected = None
    if expected is not None:
        is_local = expected.version == 6 and expected.scope_id
        expected = None if is_local else sixteen_bytes(expected)
    assert packed_address(text) == expected


def sixteen_bytes(address):
    return address.packed if address.version == 6 else ip_address(f"::ffff:{address}").packed


@given(st.ip_addresses())
def test_the_prefix_is_the_network_that_the_address_is_in(address):
    prefix = ip_network(network_prefix(packed_address(str(address))))
    address = getattr(address, "ipv4_mapped", None) or address
    assert address in prefix
    assert prefix.prefixlen == (24 if address.version == 4 else 48)


@given(st.lists(st.ip_addresses(v=4), max_size=30), st.lists(st.integers(0, 32), max_size=8))
def test_look_up_agrees_with_trying_every_network(tmp_path_factory, addresses, lengths):
    networks = {
        ip_network((int(address) >> (32 - length) << (32 - length), length))
        for address, length in zip(addresses, lengths, strict=False)
    }
    lines = [f"{network},X,,{network},\n" for network in sorted(networks, key=str)]
    table = table_of(tmp_path_factory.mktemp("places"), f"{HEADER}\n{''.join(lines)}")
    expected = [
        max((n for n in networks if a in n), key=lambda n: n.prefixlen, default=None)
        if not any(a in n for n in NOWHERE)
        else None
        for a in addresses
    ]
    found = table.places(Addresses([str(a) for a in addresses]))["city_name"].to_pylist()
    assert found == [str(network) if network else None for network in expected]


def test_both_forms_answer_as_maxmind_expects(real_data, tmp_path):
    """MaxMind's own test database, and the same networks as a table."""
    folder = real_data / "geoip-test"
    expected = {}
    for record in json.loads((folder / "GeoIP2-City-Test.json").read_text()):
        for text, place in record.items():
            network = ip_network(text)
            if network.version == 6 and int(network[0]) >> 32 == 0:
                # MaxMind writes IPv4 into the last 32 bits of IPv6.
                network = ip_network((int(network[0]), network.prefixlen - 96))
            region = next(iter(place.get("subdivisions", ())), {})
            expected[network] = (
                place.get("country", {}).get("iso_code"),
                region.get("names", {}).get("en"),
                place.get("city", {}).get("names", {}).get("en"),
                place.get("location", {}).get("time_zone"),
            )
    path = tmp_path / "places.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER.split(","))
        writer.writerows((n, *(x or "" for x in place)) for n, place in expected.items())
    addresses = Addresses(
        [str(a) for n in expected for a in (n[0], n[-1], n[n.num_addresses // 2])]
    )
    wanted = [place for place in expected.values() for _ in range(3)]
    for places in (MaxMindDatabase(folder / "GeoIP2-City-Test.mmdb"), RangeTable(path)):
        found = places.places(addresses).to_pylist()
        assert [tuple(row.values()) for row in found] == wanted
