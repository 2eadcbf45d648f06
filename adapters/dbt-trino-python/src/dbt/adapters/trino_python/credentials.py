"""Profile fields: those of dbt-trino for every authentication method, plus the Python settings."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Optional, cast
from urllib.parse import urlsplit

from dbt.adapters.trino.connections import TrinoCredentials, TrinoCredentialsFactory
from dbt_common.exceptions import DbtConfigError, DbtRuntimeError

PYTHON_READ_MODES = ("auto", "unload")
SETTING_KEYS = (
    "staging_catalog",
    "staging_schema",
    "staging_location",
    "staging_retention_hours",
    "python_read",
)


# The annotations are evaluated by dbt's serialiser when it builds the JSON schema of a profile;
# it knows `Optional[...]` in every version that dbt supports.
@dataclass
class PythonModelSettings:
    """The profile fields that only Python models use.

    Attributes:
        staging_catalog: Trino catalogue with the Hive connector, on the same storage as
            `staging_location`.
        staging_schema: Schema of that catalogue which holds the temporary tables. It is created
            when it does not exist, and belongs to this adapter.
        staging_location: URI of the folder of the temporary files (`file:///...`, `s3://...`),
            reachable from Trino and from the machine on which dbt runs.
        staging_retention_hours: Age in hours at which the leftovers of killed runs are removed.
        python_read: `auto` reads the data files of Iceberg tables directly if it can, `unload`
            always lets Trino write the input to the staging folder.
        storage_options: Query options of `pyarrow.fs.FileSystem.from_uri`, for example
            `endpoint_override` and `region`. They are never part of a location sent to Trino.
        duckdb_settings: DuckDB settings of the sessions given to Python models, for example
            `memory_limit` and `threads`.
    """

    staging_catalog: Optional[str] = None  # noqa: UP045  # dbt reads the annotation
    staging_schema: str = "dbt_python_staging"
    staging_location: Optional[str] = None  # noqa: UP045  # dbt reads the annotation
    staging_retention_hours: float = 24.0
    python_read: str = "auto"
    storage_options: dict[str, str] = field(default_factory=dict, repr=False)
    duckdb_settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parent = getattr(super(), "__post_init__", None)
        if parent is not None:
            parent()
        if self.python_read not in PYTHON_READ_MODES:
            raise DbtConfigError(
                f"Profile field `python_read` is {self.python_read!r}: set it to one of "
                f"{', '.join(PYTHON_READ_MODES)}."
            )
        if self.staging_retention_hours <= 0:
            raise DbtConfigError(
                f"Profile field `staging_retention_hours` is {self.staging_retention_hours}: set "
                "it to a number of hours above 0, longer than your longest Python model runs."
            )
        if not self.staging_schema:
            raise DbtConfigError(
                "Profile field `staging_schema` is empty: name a schema that only Python models "
                "use, or leave the field out."
            )
        if self.staging_location is not None:
            check_location(self.staging_location)

    @property
    def type(self) -> str:
        """Adapter type, as a profile writes it."""
        return "trino_python"

    def _connection_keys(self) -> tuple[str, ...]:
        inherited = super()._connection_keys()  # type: ignore[misc]  # of the other base class
        return (*inherited, *SETTING_KEYS)


def check_location(location: str) -> None:
    """Refuse a staging location that cannot work.

    Args:
        location: The profile field `staging_location`.

    Raises:
        DbtConfigError: If the location is no absolute URI, or carries options.
    """
    parts = urlsplit(location)
    if not parts.scheme or not (parts.netloc or parts.path.startswith("/")):
        raise DbtConfigError(
            f"Profile field `staging_location` is {location!r}: write it as an absolute URI that "
            "Trino and this machine both reach, such as 'file:///srv/lake/staging' or "
            "'s3://bucket/staging'."
        )
    if parts.scheme == "file" and parts.netloc:
        # What is meant as a relative path would be taken for the name of a host.
        raise DbtConfigError(
            f"Profile field `staging_location` is {location!r}: write the folder as an absolute "
            "path, after three slashes: 'file:///srv/lake/staging'."
        )
    if parts.query or parts.fragment:
        raise DbtConfigError(
            f"Profile field `staging_location` is {location!r}: Trino cannot use the part after "
            "the path; move the options to the field `storage_options`."
        )
    if not parts.path.strip("/"):
        raise DbtConfigError(
            f"Profile field `staging_location` is {location!r}: name a folder of its own, because "
            "leftovers are removed from it."
        )


def staging_target(settings: PythonModelSettings) -> tuple[str, str, str]:
    """Return what a Python model needs before it can run.

    Args:
        settings: The credentials of the current target.

    Returns:
        Staging catalogue, staging schema and staging location without a slash at its end.

    Raises:
        DbtRuntimeError: If the profile leaves a field out.
    """
    catalog, location = settings.staging_catalog, settings.staging_location
    missing = [
        name
        for name, value in (("staging_catalog", catalog), ("staging_location", location))
        if not value
    ]
    if not catalog or not location:
        raise DbtRuntimeError(
            f"Python models need the profile field{'s' if len(missing) > 1 else ''} "
            f"{' and '.join(f'`{name}`' for name in missing)}. Set `staging_catalog` to a Trino "
            "catalogue with the Hive connector, and `staging_location` to the URI of a folder "
            "that Trino and this machine both reach, such as 'file:///srv/lake/staging' or "
            "'s3://bucket/staging'."
        )
    return catalog, settings.staging_schema, location.rstrip("/")


@cache
def with_python_model_settings(base: type[TrinoCredentials]) -> type[TrinoCredentials]:
    """Add the Python settings to one of dbt-trino's credentials classes.

    Args:
        base: The class of one authentication method.

    Returns:
        A subclass that authenticates as before and reports the type `trino_python`.
    """
    extended = type(
        base.__name__.replace("Trino", "TrinoPython", 1), (PythonModelSettings, base), {}
    )
    return cast(type[TrinoCredentials], dataclass(extended))


class TrinoPythonCredentialsFactory(TrinoCredentialsFactory):
    """dbt-trino's factory: it picks the authentication method, then the settings are added."""

    @classmethod
    def _create_trino_profile(cls, profile: dict[str, Any]) -> type[TrinoCredentials]:
        base = super()._create_trino_profile(profile)  # type: ignore[no-untyped-call]  # dbt-trino
        return with_python_model_settings(base)
