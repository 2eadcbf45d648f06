"""The key of the hashes: made once, readable by its owner only, never another one by accident."""

import stat

import pytest

from marquee.ingest import HashKeyError
from marquee.ingest.hash_key import environment_without_key, find_hash_key
from marquee.ingest.lake import publish_file
from tests.python.conftest import HASH_KEY, Deployment


@pytest.fixture
def lake(deployment: Deployment, monkeypatch):
    deployment.ingest()
    monkeypatch.delenv("MARQUEE_HASH_KEY", raising=False)
    return deployment.lake


def test_a_key_is_made_once_and_kept(lake):
    key = find_hash_key(lake)
    assert len(key) == 64
    assert find_hash_key(lake) == key
    file = lake.vault / "hash.key"
    assert file.read_bytes().strip() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(lake.vault.stat().st_mode) == 0o700
    assert key not in (lake.vault / "hash.proof").read_bytes()


def test_two_lakes_have_two_keys(lake, new_deployment):
    other = new_deployment("other")
    other.ingest()
    assert find_hash_key(lake) != find_hash_key(other.lake)


def test_a_given_key_is_taken_and_not_written_down(lake, monkeypatch):
    monkeypatch.setenv("MARQUEE_HASH_KEY", HASH_KEY)
    assert find_hash_key(lake) == HASH_KEY.encode()
    assert not (lake.vault / "hash.key").exists()
    assert "MARQUEE_HASH_KEY" not in environment_without_key()


@pytest.mark.parametrize("place", ["variable", "file"])
def test_a_short_key_is_refused_without_showing_it(lake, monkeypatch, place):
    short = "a-secret-of-31-characters-xxxxx"
    assert len(short) == 31
    if place == "file":
        (lake.vault / "hash.key").write_text(short)
    else:
        monkeypatch.setenv("MARQUEE_HASH_KEY", short)
    with pytest.raises(HashKeyError, match="shorter than 32 characters") as caught:
        find_hash_key(lake)
    assert short not in str(caught.value)
    assert not (lake.vault / "hash.proof").exists()


def test_a_lost_key_stops_and_is_not_replaced(lake):
    find_hash_key(lake)
    (lake.vault / "hash.key").unlink()
    with pytest.raises(HashKeyError, match="is gone"):
        find_hash_key(lake)
    assert not (lake.vault / "hash.key").exists()


def test_a_changed_key_stops(lake, monkeypatch):
    find_hash_key(lake)
    monkeypatch.setenv("MARQUEE_HASH_KEY", HASH_KEY)
    with pytest.raises(HashKeyError, match="not the one") as caught:
        find_hash_key(lake)
    assert HASH_KEY not in str(caught.value)
    monkeypatch.delenv("MARQUEE_HASH_KEY")
    find_hash_key(lake)


@pytest.mark.parametrize("renames", [0, 1])
def test_a_kill_while_the_key_is_made_leaves_a_whole_key_or_none(lake, monkeypatch, renames):
    """The key comes before its proof: a key without proof is the key, a proof alone is a loss."""
    done = []

    def dying(source, target):
        if len(done) == renames:
            raise KeyboardInterrupt
        publish_file(source, target)
        done.append(target.read_bytes().strip())

    monkeypatch.setattr("marquee.ingest.lake.publish_file", dying)
    with pytest.raises(KeyboardInterrupt):
        find_hash_key(lake)
    monkeypatch.undo()
    assert find_hash_key(lake) == (done[0] if done else (lake.vault / "hash.key").read_bytes()[:-1])


def test_what_needs_no_hash_needs_no_key(lake, deployment):
    deployment.settings["MARQUEE_HASH_KEY"] = "short"
    deployment.land("dam/titles/titles_2026-01-31.csv", "title_id,title_name\nt1,One\n")
    assert len(deployment.ingest().loaded) == 1
    deployment.land("crm/customers/customers_2026-01-31.csv", "customer_id\nc1\n")
    with pytest.raises(HashKeyError):
        deployment.ingest()
