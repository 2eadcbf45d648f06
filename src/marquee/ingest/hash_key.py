"""The key of the keyed hashes: given, or made once, and never silently another one.

Hashes of two keys can't be compared, so a lake remembers a proof of its key beside it (a hash of
a constant, from which the key can't be told), and a lost or changed key stops ingestion.
"""

from __future__ import annotations

import hmac
import os
import secrets

from marquee.ingest.lake import Lake

VARIABLE = "MARQUEE_HASH_KEY"
KEY_FILE = "hash.key"
PROOF_FILE = "hash.proof"
LEAST_CHARACTERS = 32
KEY_BYTES = 32
ROTATION = "To change the key on purpose, see docs/operate.md"


class HashKeyError(Exception):
    """There is no key that may be used; the message says why and what to do, without the key."""


def find_hash_key(lake: Lake) -> bytes:
    """The key of an initialised lake; makes one if it never had one. The caller holds the lock.

    ``MARQUEE_HASH_KEY`` comes first, then the file ``restricted/hash.key`` of the lake.

    Raises:
        HashKeyError: if the key is too short, lost, or not the one of the lake's hashes.
    """
    key_file, proof_file = lake.vault / KEY_FILE, lake.vault / PROOF_FILE
    place, key = VARIABLE, os.fsencode(os.environ.get(VARIABLE, ""))
    if not key and key_file.exists():
        place, key = str(key_file), key_file.read_bytes().strip()
    if not key and proof_file.exists():
        raise HashKeyError(
            f"The key of the hashes in the lake is gone. Restore {key_file} from its copy, or set "
            f"{VARIABLE}. {ROTATION}."
        )
    if not key:
        place, key = str(key_file), secrets.token_hex(KEY_BYTES).encode()
        lake.write_private(key + b"\n", key_file)
    if len(key.decode(errors="replace")) < LEAST_CHARACTERS:
        raise HashKeyError(
            f"The key in {place} is shorter than {LEAST_CHARACTERS} characters and could be "
            "guessed. Use a random one: openssl rand -hex 32"
        )
    proof = hmac.digest(key, b"marquee", "sha256").hex().encode()
    if not proof_file.exists():
        lake.write_private(proof + b"\n", proof_file)
    elif proof_file.read_bytes().strip() != proof:
        raise HashKeyError(
            f"The key in {place} is not the one that the hashes in the lake were made with. "
            f"Restore that one. {ROTATION}."
        )
    return key


def environment_without_key() -> dict[str, str]:
    """The environment for programs that have no business with the key."""
    return {name: value for name, value in os.environ.items() if name != VARIABLE}
