"""The client of the store, and its errors in words that say what to do.

Credentials come from where boto3 finds them, the environment first; nothing here writes them
anywhere.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from marquee.store import StoreError

SCHEME = "s3://"
EXTRA = "pip install 'marquee[s3]'"
ATTEMPTS = 5
"""How often a request is tried, with growing pauses, before the store counts as lost."""
CONNECT_SECONDS = 10
READ_SECONDS = 60
DEFAULT_REGION = "us-east-1"
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
VARIABLES = (
    *ENDPOINTS,
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_MAX_ATTEMPTS",
)
"""What a client is made from; another value makes another client."""
REFUSED = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")
CHANGED = "PreconditionFailed"


def endpoint() -> str | None:
    """The store's address, if it is not Amazon's own."""
    return next((value for name in ENDPOINTS if (value := os.environ.get(name))), None)


def client() -> Any:
    """The S3 client of this environment; it is safe to use from several threads."""
    return _client(tuple(os.environ.get(name) for name in VARIABLES))


def session() -> Any:
    """What finds credentials and region in this environment."""
    return _session(tuple(os.environ.get(name) for name in VARIABLES))


@cache
def _session(_environment: tuple[str | None, ...]) -> Any:
    import boto3

    return boto3.session.Session(
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    )


@cache
def _client(environment: tuple[str | None, ...]) -> Any:
    from botocore.config import Config

    found = _session(environment)
    address = endpoint()
    configuration = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={
            "mode": "standard",
            "total_max_attempts": int(os.environ.get("AWS_MAX_ATTEMPTS") or ATTEMPTS),
        },
        # A store of one's own has one name for all buckets.
        s3={"addressing_style": "path" if address else "auto"},
    )
    return found.client(
        "s3",
        region_name=found.region_name or DEFAULT_REGION,
        endpoint_url=address,
        config=configuration,
    )


def error_code(error: Exception) -> str:
    """The store's own name for an error, or its HTTP status; empty if it said nothing."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn errors of the client into errors that foreseeing callers know.

    Raises:
        FileNotFoundError: if there is no such object.
        StoreError: if the store is not there, refuses, or has no such bucket.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError as error:
        raise StoreError(
            f"There are no credentials for {url}. Set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run with a role that has access."
        ) from error
    except ClientError as error:
        raise _told(url, error) from error
    except Boto3Error as error:
        # An upload wraps what the store said.
        cause = error.__context__
        raise (
            _told(url, cause) if isinstance(cause, ClientError) else _lost(url, error)
        ) from error
    except BotoCoreError as error:
        raise _lost(url, error) from error


def _told(url: str, error: Any) -> Exception:
    code = error_code(error)
    bucket = url.removeprefix(SCHEME).partition("/")[0]
    if code == "NoSuchBucket":
        return StoreError(f"{url}: there is no bucket {bucket}. Create it, or correct the root.")
    if code in ("404", "NoSuchKey", "NotFound"):
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), url)
    if code in REFUSED:
        return StoreError(
            f"{url}: the store refuses the credentials ({code}). Correct AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, then run this again."
        )
    if code in ("403", "AccessDenied", "AllAccessDisabled"):
        return StoreError(
            f"{url}: the store gives no access ({code}). Let this account list, read, write and "
            "delete there, or correct its credentials, then run this again."
        )
    return StoreError(
        f"{url}: the store failed ({code or error}). Run this again when it is well: what is "
        "half-written is never read."
    )


def _lost(url: str, error: Exception) -> StoreError:
    address = endpoint() or "Amazon S3"
    return StoreError(
        f"{url}: {address} does not answer ({type(error).__name__}). Check AWS_ENDPOINT_URL and "
        "the network, then run this again: what is half-written is never read."
    )
