"""Profiles of every authentication method, and what is said about wrong ones."""

import dataclasses

import pytest
from dbt.adapters.trino.connections import TrinoCredentialsFactory
from dbt_common.exceptions import DbtConfigError, DbtRuntimeError

from dbt.adapters.trino_python.credentials import (
    PythonModelSettings,
    TrinoPythonCredentialsFactory,
    staging_target,
)

COMMON = {"host": "trino.example.com", "port": 443, "catalog": "lake", "schema": "dbt"}
METHODS = {
    "none": {"user": "dbt"},
    "ldap": {"user": "dbt", "password": "secret", "impersonation_user": "other"},
    "certificate": {"client_certificate": "c.pem", "client_private_key": "k.pem"},
    "kerberos": {"user": "dbt", "keytab": "dbt.keytab", "principal": "dbt@EXAMPLE.COM"},
    "gssapi": {"user": "dbt", "principal": "dbt@EXAMPLE.COM"},
    "jwt": {"jwt_token": "token"},
    "oauth": {"user": "dbt"},
    "oauth_console": {"user": "dbt"},
}
STAGING = {
    "staging_catalog": "hive",
    "staging_schema": "tmp",
    "staging_location": "s3://bucket/tmp/",
    "staging_retention_hours": 2,
    "python_read": "unload",
    "storage_options": {"region": "eu-west-1"},
    "duckdb_settings": {"threads": 2},
}


def credentials(**profile):
    profile = TrinoPythonCredentialsFactory.translate_aliases({**COMMON, **profile})
    TrinoPythonCredentialsFactory.validate(profile)
    return TrinoPythonCredentialsFactory.from_dict(profile)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_authenticates_as_dbt_trino_does(method):
    profile = {**COMMON, "method": method, **METHODS[method]}
    theirs = TrinoCredentialsFactory.from_dict(dict(profile))
    ours = credentials(method=method, **METHODS[method], **STAGING)

    assert isinstance(ours, type(theirs))
    assert ours.type == "trino_python"
    assert ours.method == theirs.method == method
    assert ours.unique_field == theirs.unique_field
    assert ours.http_scheme == theirs.http_scheme
    assert type(ours.trino_auth()) is type(theirs.trino_auth())
    for field in dataclasses.fields(theirs):
        assert getattr(ours, field.name) == getattr(theirs, field.name)
    assert staging_target(ours) == ("hive", "tmp", "s3://bucket/tmp")
    assert ours.duckdb_settings == {"threads": 2}
    shown = dict(ours.connection_info())
    assert shown["staging_catalog"] == "hive"
    assert "storage_options" not in shown
    assert "eu-west-1" not in repr(ours)


@pytest.mark.parametrize("method", METHODS)
def test_sql_models_need_no_staging(method):
    ours = credentials(method=method, **METHODS[method])
    assert ours.staging_catalog is None
    assert ours.staging_schema == "dbt_python_staging"
    assert ours.python_read == "auto"


def test_dbt_trinos_own_checks_stay():
    with pytest.raises(DbtConfigError, match="starburst_max_column_batch_size"):
        credentials(**METHODS["none"], starburst_max_column_batch_size=0)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "profile fields `staging_catalog` and `staging_location`"),
        ({"staging_catalog": "hive"}, "profile field `staging_location`"),
        ({"staging_location": "file:///x"}, "profile field `staging_catalog`"),
    ],
)
def test_missing_settings_are_named(settings, expected):
    with pytest.raises(DbtRuntimeError) as raised:
        staging_target(PythonModelSettings(**settings))
    assert expected in str(raised.value)
    assert "file:///srv/lake/staging" in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("python_read", "fast", "set it to one of auto, unload"),
        ("staging_retention_hours", 0, "a number of hours above 0"),
        ("staging_schema", "", "name a schema that only Python models use"),
        ("staging_location", "/srv/lake", "write it as an absolute URI"),
        ("staging_location", "file://", "write it as an absolute URI"),
        ("staging_location", "s3://bucket", "name a folder of its own"),
        ("staging_location", "s3://b/x?region=eu", "move the options to the field"),
    ],
)
def test_wrong_settings_are_named(field, value, remedy):
    with pytest.raises(DbtConfigError) as raised:
        PythonModelSettings(**{field: value})
    assert f"`{field}`" in str(raised.value)
    assert remedy in str(raised.value)
