"""What a source table looks like, read from the dbt sources YAML.

The YAML files ``_<source>__sources.yml`` below ``models/staging`` and ``models/restricted`` are the
only place where columns, types, keys, valid values and sensitivity are written. Ingestion, tests
and documentation read them through this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

IDENTIFIER = re.compile(r"(?!rowid$)[a-z][a-z0-9_]*")
FORMER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DATA_TYPE = re.compile(
    r"boolean|integer|bigint|varchar|date|timestamp\(6\)|decimal\(([0-9]+),\s*([0-9]+)\)"
)
MAXIMUM_DECIMAL_PRECISION = 38
# Ten times as fast where PyYAML was built with it, and each command reads the contract.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

FOLDERS = ("staging", "restricted")
"""Below ``models/``: where the sources stand that the lake holds."""
RESTRICTED = "restricted"
"""The source of the vault: the only tables with direct identifiers."""


class ContractError(ValueError):
    """The sources YAML says something that can't be honoured; the message names file and column."""


class Load(StrEnum):
    """How a file relates to the files before it."""

    APPEND = "append"
    """Each file holds new rows."""
    SNAPSHOT = "snapshot"
    """Each extract is the whole state on its date."""
    INTERNAL = "internal"
    """Written by marquee itself, never landed."""


class Sensitivity(StrEnum):
    """Who may see a column."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    IDENTIFYING = "identifying"
    """Says by itself who it is (name, e-mail): stays in the vault, outside the warehouse."""


class Derivation(StrEnum):
    """What ingestion makes of an identifying column."""

    KEYED_HASH = "keyed_hash"
    """Equal for equal texts, and without the key nobody can tell which text it was."""
    AGE_BAND = "age_band"
    """From a birth date, on the day of the extract."""
    DEVICE_CLASS = "device_class"
    DEVICE_SYSTEM = "device_system"
    APP_CLASS = "app_class"
    """From a user agent."""
    NETWORK_PREFIX = "network_prefix"
    """From an IP address: the network it is in, as CIDR."""
    PLACE_COUNTRY = "place_country"
    PLACE_REGION = "place_region"
    PLACE_CITY = "place_city"
    PLACE_TIME_ZONE = "place_time_zone"
    PLACE_STATUS = "place_status"
    """From an IP address, by the deployment's table of places of the day."""
    FIRST_NAME = "first_name"
    MIDDLE_NAME = "middle_name"
    LAST_NAME = "last_name"
    """From a full name; a part of a name identifies too."""


DERIVATION_INPUTS = dict.fromkeys(Derivation, "varchar") | {Derivation.AGE_BAND: "date"}
"""Type of the column that each one is made from; all give a varchar."""
IDENTIFYING_DERIVATIONS = frozenset(
    {Derivation.FIRST_NAME, Derivation.MIDDLE_NAME, Derivation.LAST_NAME}
)
"""What they make stays in the vault; all others are made for everybody."""
PLACE_DERIVATIONS = frozenset(
    {
        Derivation.PLACE_COUNTRY,
        Derivation.PLACE_REGION,
        Derivation.PLACE_CITY,
        Derivation.PLACE_TIME_ZONE,
        Derivation.PLACE_STATUS,
    }
)
"""What they make depends on the day."""
RECEIVED_AT = "received_at"
"""When the service received a record, by its own clock."""


@dataclass(frozen=True)
class Column:
    """One column of a source table."""

    name: str
    data_type: str
    """``boolean``, ``integer``, ``bigint``, ``decimal(p,s)``, ``varchar``, ``date`` or
    ``timestamp(6)``."""
    sensitivity: Sensitivity
    description: str
    is_nullable: bool = True
    """False: a row without a value is quarantined."""
    is_required: bool = True
    """False: a file may lack the column; its values are then NULL."""
    valid_values: tuple[str, ...] = ()
    """If given, any other value is quarantined."""
    pattern: str | None = None
    """If given, any text that it does not match as a whole is quarantined."""
    not_before: str | None = None
    """Another column of the row; an earlier value than that one's is quarantined."""
    minimum: Decimal | None = None
    """Inclusive."""
    maximum: Decimal | None = None
    """Inclusive."""
    derived_from: str | None = None
    """The identifying column that ingestion makes this one from; it never lands itself."""
    derivation: Derivation | None = None
    """How."""
    renamed_from: tuple[str, ...] = ()
    """Names under which the column came before; a file with one of them is read as if renamed."""

    @property
    def duckdb_type(self) -> str:
        """The type's spelling in DuckDB."""
        return "timestamp" if self.data_type == "timestamp(6)" else self.data_type


@dataclass(frozen=True)
class ListColumn:
    """A nested list of a landed table; it becomes the rows of a child table."""

    name: str
    separator: str
    """Between texts where the format has no lists (CSV); objects are a JSON array there."""
    child: Table
    fields: tuple[Column, ...]
    """What an element holds: the child's columns behind the parent's key and the position."""

    @property
    def position(self) -> str:
        """The child's column that numbers the elements from 1."""
        return self.child.columns[-len(self.fields) - 1].name

    @property
    def has_objects(self) -> bool:
        """True if the elements are objects with these fields, False if they are texts."""
        return len(self.fields) > 1


@dataclass(frozen=True)
class Table:
    """One source table: what lands, and what stands in the lake."""

    source: str
    name: str
    load: Load
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time_column: str | None
    description: str
    without_it: str = ""
    """What suffers where nothing of this table ever lands, in one sentence."""
    lists: tuple[ListColumn, ...] = ()
    vault: Table | None = None
    """Where the identifying columns of its files go; they land with the others."""
    clock_lead_minutes: int | None = None
    """A record may be this much later, by its time column, than its receipt, and no more."""

    @property
    def full_name(self) -> str:
        """``source.table``."""
        return f"{self.source}.{self.name}"

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: if there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name} has no column {name}")

    @property
    def derived_columns(self) -> tuple[Column, ...]:
        """The columns of this table that ingestion makes from identifying ones."""
        return tuple(column for column in self.columns if column.derivation)

    @property
    def landed_columns(self) -> tuple[Column, ...]:
        """What a landed file may contain: its own columns, then the identifying ones."""
        identifying = self.vault.columns[len(self.key) :] if self.vault else ()
        return tuple(c for c in (*self.columns, *identifying) if not c.derivation)

    @property
    def former_names(self) -> dict[str, str]:
        """Names that landed columns had before, with their present ones."""
        return {name: column.name for column in self.landed_columns for name in column.renamed_from}

    @property
    def landed_names(self) -> tuple[str, ...]:
        """Names of what a landed file may contain: the columns, then the lists."""
        return (*(c.name for c in self.landed_columns), *(item.name for item in self.lists))


@dataclass(frozen=True)
class Contract:
    """All source tables, by source and name."""

    tables: Mapping[tuple[str, str], Table]
    children: Mapping[tuple[str, str], Table]
    """Tables that come from a list column of another table; nothing lands for them."""
    vaults: Mapping[tuple[str, str], Table]
    """Tables that hold the identifying columns of another table; nothing lands for them."""

    def landed(self) -> Iterator[Table]:
        """Tables that files land for, in order of name."""
        for key in sorted(self.tables):
            if self.tables[key].load is not Load.INTERNAL:
                yield self.tables[key]

    def all(self) -> Iterator[Table]:
        """Every table of the lake, children, vaults and internal ones too, in order of name."""
        every = {**self.tables, **self.children, **self.vaults}
        for key in sorted(every):
            yield every[key]

    def table(self, source: str, name: str) -> Table:
        """The table of that name, children, vaults and internal ones included.

        Raises:
            KeyError: if the contract doesn't know it.
        """
        for tables in (self.tables, self.children, self.vaults):
            if (source, name) in tables:
                return tables[source, name]
        raise KeyError(f"the contract has no table {source}.{name}")


def load_contract(project: Path) -> Contract:
    """Read every ``_<source>__sources.yml`` below ``models/staging`` and ``models/restricted``.

    Raises:
        ContractError: naming the file, the table and the column.
    """
    files = sorted(
        file
        for folder in FOLDERS
        for file in (project / "models" / folder).rglob("_*__sources.yml")
    )
    if not files:
        raise ContractError(f"No _<source>__sources.yml in {project}/models/staging.")
    tables: dict[tuple[str, str], Table] = {}
    where_of: dict[tuple[str, str], str] = {}
    children: list[tuple[str, Table, Mapping[str, Any]]] = []
    vaults: list[tuple[str, Table, Mapping[str, Any]]] = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        document = yaml.load(text, LOADER) or {}  # noqa: S506 - a safe loader, either way
        for source in document.get("sources", []):
            for entry in source.get("tables", []):
                where = f"{file.name}: {source['name']}.{entry['name']}"
                meta = entry.get("config", {}).get("meta", {})
                table = _table(where, source["name"], entry, meta)
                if "vault_of" in meta:
                    vaults.append((where, table, meta))
                elif "child_of" in meta:
                    children.append((where, table, meta))
                else:
                    tables[table.source, table.name] = table
                    where_of[table.source, table.name] = where
    for where, child, meta in children:
        parent = tables.get((child.source, meta["child_of"]))
        if parent is None:
            raise ContractError(f"{where}: child_of names an unknown table {meta['child_of']}.")
        tables[parent.source, parent.name] = _with_list(where, parent, child, meta)
    for where, vault, meta in vaults:
        source_name, _, table_name = str(meta["vault_of"]).partition(".")
        parent = tables.get((source_name, table_name))
        if parent is None:
            raise ContractError(f"{where}: vault_of names an unknown table {meta['vault_of']}.")
        tables[parent.source, parent.name] = _with_vault(where, parent, vault)
    for name, where in where_of.items():
        _check_former_names(where, tables[name])
        for column in tables[name].derived_columns:
            _check_derived(f"{where}.{column.name}", tables[name], column)
    for where, vault, meta in vaults:
        source_name, _, table_name = str(meta["vault_of"]).partition(".")
        for column in vault.derived_columns:
            _check_derived(f"{where}.{column.name}", tables[source_name, table_name], column)
    return Contract(
        tables=tables,
        children={(child.source, child.name): child for _, child, _ in children},
        vaults={(vault.source, vault.name): vault for _, vault, _ in vaults},
    )


def _check_former_names(where: str, table: Table) -> None:
    taken = {name.lower() for name in (*table.landed_names, *(c.name for c in table.columns))}
    for column in table.landed_columns:
        for name in column.renamed_from:
            # Engines don't tell upper case from lower case in names.
            if name.lower() in taken:
                raise ContractError(
                    f"{where}.{column.name}: config.meta.renamed_from has {name!r}, which is the "
                    "name, now or before, of a column already."
                )
            taken.add(name.lower())


def _with_list(where: str, parent: Table, child: Table, meta: Mapping[str, Any]) -> Table:
    names = tuple(column.name for column in child.columns)
    places = len(parent.key)
    position, fields = child.columns[places : places + 1], child.columns[places + 1 :]
    if (
        names[:places] != parent.key
        or [column.data_type for column in position] != ["integer"]
        or not fields
    ):
        raise ContractError(
            f"{where}: a child table has the parent's key {list(parent.key)}, then an integer "
            f"position, then what an element holds; it has {list(names)}."
        )
    if len(fields) == 1 and fields[0].data_type != "varchar":
        raise ContractError(
            f"{where}.{fields[0].name}: a list of single values holds texts, so the column must "
            f"be a varchar, not a {fields[0].data_type}."
        )
    item = ListColumn(str(meta["list_column"]), str(meta.get("separator", "|")), child, fields)
    return replace(parent, lists=(*parent.lists, item))


def _with_vault(where: str, parent: Table, vault: Table) -> Table:
    if parent.vault:
        raise ContractError(f"{where}: {parent.full_name} has a vault already.")
    if (parent.load is Load.INTERNAL) != (vault.load is Load.INTERNAL):
        raise ContractError(
            f"{where}: {parent.full_name} has load {parent.load}, its vault {vault.load}: nothing "
            "lands for internal tables, and their vaults are internal too."
        )
    keys, rest = vault.columns[: len(parent.key)], vault.columns[len(parent.key) :]
    expected = [(name, parent.column(name).data_type) for name in parent.key]
    found = [(column.name, column.data_type) for column in keys]
    if found != expected or vault.key != parent.key or not rest:
        raise ContractError(
            f"{where}: a vault table has the key of {parent.full_name}, {list(parent.key)}, in its "
            f"types, then identifying columns; it has {[column.name for column in vault.columns]}."
        )
    for column in rest:
        is_derived_outside = column.derivation and column.derivation not in IDENTIFYING_DERIVATIONS
        if column.sensitivity is not Sensitivity.IDENTIFYING or is_derived_outside:
            raise ContractError(
                f"{where}.{column.name}: only identifying columns belong in a vault. Move it to "
                f"{parent.full_name}, or set config.meta.sensitivity: identifying."
            )
        if column.name in (*parent.landed_names, *(c.name for c in parent.columns)):
            raise ContractError(f"{where}.{column.name}: {parent.full_name} has that name too.")
    # By its key a header is told from a record, whose values no message may show.
    for name in parent.key:
        if not parent.column(name).is_required:
            raise ContractError(
                f"{where}: {parent.full_name}.{name} must be required, as the key of a vault."
            )
    return replace(parent, vault=vault)


def _check_derived(where: str, table: Table, column: Column) -> None:
    if column.derivation in IDENTIFYING_DERIVATIONS and not _is_vaulted(table, column):
        raise ContractError(
            f"{where}: a {column.derivation} identifies and belongs in the vault of "
            f"{table.full_name}."
        )
    inputs = {c.name: c for c in table.landed_columns if c.sensitivity is Sensitivity.IDENTIFYING}
    derived_from = inputs.get(column.derived_from or "")
    if derived_from is None:
        raise ContractError(
            f"{where}: config.meta.derived_from must name an identifying column of the vault of "
            f"{table.full_name}, one of {list(inputs)}."
        )
    expected = DERIVATION_INPUTS[Derivation(column.derivation or "")]
    if derived_from.data_type != expected or column.data_type != "varchar":
        raise ContractError(
            f"{where}: {column.derivation} makes a varchar from a {expected}, not a "
            f"{column.data_type} from {derived_from.name}, a {derived_from.data_type}."
        )
    if not column.is_nullable:
        raise ContractError(f"{where}: a derived column is null where its input is missing.")
    if column.derivation is Derivation.AGE_BAND and table.load is not Load.SNAPSHOT:
        raise ContractError(
            f"{where}: an age needs the day of an extract, so only a table with load: snapshot "
            "can have one."
        )


def _is_vaulted(table: Table, column: Column) -> bool:
    return table.vault is not None and column in table.vault.columns


def _table(where: str, source: str, entry: Mapping[str, Any], meta: Mapping[str, Any]) -> Table:
    columns = tuple(_column(where, column) for column in entry.get("columns", []))
    names = [column.name for column in columns]
    # What is made of the files of another table.
    is_part = "child_of" in meta or "vault_of" in meta
    if ("vault_of" in meta) != (source == RESTRICTED):
        raise ContractError(
            f"{where}: tables of the source {RESTRICTED}, and no others, have config.meta.vault_of."
        )
    if len(set(names)) != len(names):
        raise ContractError(f"{where}: a column is declared twice.")
    try:
        load = Load(meta.get("load", "append" if is_part else ""))
    except ValueError:
        raise ContractError(
            f"{where}: config.meta.load must be one of {[str(x) for x in Load]}."
        ) from None
    key = tuple(meta.get("key", ()))
    time_column = meta.get("time_column")
    unknown = [
        name for name in (*key, *([time_column] if time_column else [])) if name not in names
    ]
    if unknown or not key:
        raise ContractError(f"{where}: config.meta.key or time_column names no column: {unknown}.")
    if not is_part and load is not Load.INTERNAL and not meta.get("without_it"):
        raise ContractError(f"{where}: config.meta.without_it must say what its absence weakens.")
    if load is Load.APPEND and not time_column and not is_part:
        raise ContractError(f"{where}: a table with load: append needs config.meta.time_column.")
    lead = _clock_lead(where, meta, columns, time_column)
    types = {column.name: column.data_type for column in columns}
    for column in columns:
        if column.not_before and types.get(column.not_before) != column.data_type:
            raise ContractError(
                f"{where}.{column.name}: config.meta.not_before must name a column of the same "
                f"type, {column.data_type}, not {column.not_before!r}."
            )
        if column.sensitivity is Sensitivity.IDENTIFYING and "vault_of" not in meta:
            raise ContractError(
                f"{where}.{column.name}: identifying columns are allowed in vault tables only, "
                f"those of the source {RESTRICTED}."
            )
    return Table(
        source=_identifier(where, source),
        name=_identifier(where, entry["name"]),
        load=load,
        columns=columns,
        key=key,
        time_column=time_column,
        description=_described(where, entry),
        without_it=str(meta.get("without_it", "")),
        clock_lead_minutes=lead,
    )


def _clock_lead(
    where: str, meta: Mapping[str, Any], columns: tuple[Column, ...], time_column: str | None
) -> int | None:
    lead: object = meta.get("clock_lead_minutes")
    if lead is None:
        return None
    if isinstance(lead, bool) or not isinstance(lead, int) or lead < 0:
        raise ContractError(
            f"{where}: config.meta.clock_lead_minutes must be a number of minutes, not {lead!r}."
        )
    types = {column.name: column.data_type for column in columns}
    for name in (time_column, RECEIVED_AT):
        if types.get(str(name)) != "timestamp(6)":
            raise ContractError(
                f"{where}: config.meta.clock_lead_minutes compares the time_column with "
                f"{RECEIVED_AT}, and both must be columns of type timestamp(6)."
            )
    return lead


def _column(where: str, entry: Mapping[str, Any]) -> Column:
    name = _identifier(where, entry["name"])
    where = f"{where}.{name}"
    meta = entry.get("config", {}).get("meta", {})
    data_type = str(entry.get("data_type", "")).replace(" ", "")
    match = DATA_TYPE.fullmatch(data_type)
    if not match:
        raise ContractError(
            f"{where}: data_type {data_type!r} is none of boolean, integer, bigint, decimal(p,s), "
            "varchar, date, timestamp(6)."
        )
    if match.group(1) and not (
        int(match.group(2)) <= int(match.group(1)) <= MAXIMUM_DECIMAL_PRECISION
    ):
        raise ContractError(f"{where}: {data_type} has no such precision and scale.")
    try:
        sensitivity = Sensitivity(meta.get("sensitivity", ""))
    except ValueError:
        raise ContractError(
            f"{where}: config.meta.sensitivity must be one of {[str(x) for x in Sensitivity]}."
        ) from None
    try:
        derivation = Derivation(meta["derivation"]) if "derivation" in meta else None
    except ValueError:
        raise ContractError(
            f"{where}: config.meta.derivation must be one of {[str(x) for x in Derivation]}."
        ) from None
    if (derivation is None) != ("derived_from" not in meta):
        raise ContractError(f"{where}: config.meta.derived_from and derivation go together.")
    return Column(
        name=name,
        data_type=data_type,
        sensitivity=sensitivity,
        description=_described(where, entry),
        is_nullable=_flag(where, meta, "is_nullable"),
        is_required=_flag(where, meta, "is_required") and derivation is None,
        valid_values=tuple(str(value) for value in meta.get("valid_values", ())),
        pattern=_pattern(where, meta, data_type),
        not_before=meta.get("not_before"),
        minimum=_bound(where, meta, "minimum"),
        maximum=_bound(where, meta, "maximum"),
        derived_from=meta.get("derived_from"),
        derivation=derivation,
        renamed_from=_former_names(where, meta, derivation),
    )


def _former_names(
    where: str, meta: Mapping[str, Any], derivation: Derivation | None
) -> tuple[str, ...]:
    given = meta.get("renamed_from", [])
    names = given if isinstance(given, list) else [given]
    if derivation and names:
        raise ContractError(f"{where}: a derived column never lands, so it has no former name.")
    for name in names:
        if not isinstance(name, str) or not FORMER_NAME.fullmatch(name):
            raise ContractError(
                f"{where}: config.meta.renamed_from must be a name of letters, digits and _, or a "
                f"list of them, not {name!r}."
            )
    return tuple(names)


def _identifier(where: str, name: object) -> str:
    if not isinstance(name, str) or not IDENTIFIER.fullmatch(name):
        raise ContractError(f"{where}: {name!r} is not a lower-case SQL name.")
    return name


def _described(where: str, entry: Mapping[str, Any]) -> str:
    description = str(entry.get("description") or "").strip()
    if not description:
        raise ContractError(f"{where}: the description is missing.")
    return description


def _flag(where: str, meta: Mapping[str, Any], name: str) -> bool:
    value = meta.get(name, True)
    if not isinstance(value, bool):
        raise ContractError(f"{where}: config.meta.{name} must be true or false, not {value!r}.")
    return value


def _pattern(where: str, meta: Mapping[str, Any], data_type: str) -> str | None:
    if "pattern" not in meta:
        return None
    pattern = meta["pattern"]
    if data_type != "varchar":
        raise ContractError(f"{where}: config.meta.pattern is for texts, not for {data_type}.")
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ContractError(
            f"{where}: config.meta.pattern must be a regular expression, not {pattern!r} ({error})."
        ) from None
    return str(pattern)


def _bound(where: str, meta: Mapping[str, Any], name: str) -> Decimal | None:
    value = meta.get(name)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ContractError(
            f"{where}: config.meta.{name} must be a number, not {value!r}."
        ) from None
