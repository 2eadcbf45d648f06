import pytest
import yaml

from marquee.contract import Contract, ContractError, Load, Sensitivity, load_contract

COLUMN = {
    "name": "thing_id",
    "data_type": "varchar",
    "description": "The thing.",
    "config": {"meta": {"sensitivity": "public", "is_nullable": False}},
}
TABLE = {
    "name": "things",
    "description": "Things. One row per thing.",
    "config": {"meta": {"load": "snapshot", "key": ["thing_id"], "without_it": "Nothing."}},
    "columns": [COLUMN],
}


def load(tmp_path, *tables, vaults=()):
    for path, source, declared in (
        ("staging/shop/_shop__sources.yml", "shop", tables),
        ("restricted/_restricted__sources.yml", "restricted", vaults),
    ):
        file = tmp_path / "models" / path
        file.parent.mkdir(parents=True)
        document = {"sources": [{"name": source, "tables": list(declared)}]}
        file.write_text(yaml.safe_dump(document))
    return load_contract(tmp_path)


def with_column(**changes):
    return {**TABLE, "columns": [{**COLUMN, **changes}]}


def with_meta(**changes):
    meta = {**COLUMN["config"]["meta"], **changes}
    return with_column(config={"meta": meta})


def test_the_project_declares_every_column(contract: Contract):
    tables = {table.full_name: table for table in contract.all()}
    assert {"crm.customers", "dam.titles", "events.events", "social.ratings"} <= set(tables)
    assert tables["events.events"].load is Load.APPEND
    assert tables["events.events"].column("watched_ms").data_type == "bigint"
    lists = {item.name: item for item in tables["dam.titles"].lists}
    assert [*lists] == ["genres", "tags", "talents", "licence_windows"]
    assert [item.has_objects for item in lists.values()] == [False, False, True, True]
    assert lists["licence_windows"].position == "window_position"
    assert [field.name for field in lists["talents"].fields] == [
        "talent_id",
        "talent_name",
        "talent_role",
    ]
    assert tables["events.events"].clock_lead_minutes == 60
    for table in tables.values():
        assert table.description
        assert all(isinstance(column.sensitivity, Sensitivity) for column in table.columns)


def test_only_what_lands_has_to_say_what_its_absence_weakens(contract: Contract):
    assert all(table.without_it for table in contract.landed())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (with_column(data_type="text"), "data_type 'text'"),
        (with_column(data_type="decimal(40,2)"), "precision"),
        (with_column(description=" "), "description is missing"),
        (with_column(name="Thing"), "lower-case SQL name"),
        (with_meta(sensitivity="secret"), "sensitivity must be one of"),
        (with_meta(is_nullable="no"), "true or false"),
        (with_meta(minimum="low"), "must be a number"),
        (with_meta(pattern="[A-Z"), "must be a regular expression, not"),
        (with_meta(pattern=7), "must be a regular expression, not 7"),
        (
            with_column(
                data_type="date", config={"meta": {**COLUMN["config"]["meta"], "pattern": "x"}}
            ),
            "is for texts",
        ),
        (with_meta(not_before="missing"), "must name a column of the same type"),
        ({**TABLE, "columns": [COLUMN, COLUMN]}, "declared twice"),
        ({**TABLE, "config": {"meta": {"load": "sometimes"}}}, "load must be one of"),
        (
            {**TABLE, "config": {"meta": {"load": "snapshot", "key": ["other"]}}},
            r"names no column: \['other'\]",
        ),
        (
            {**TABLE, "config": {"meta": {"load": "snapshot", "key": ["thing_id"]}}},
            "without_it",
        ),
        (
            {
                **TABLE,
                "config": {"meta": {"load": "append", "key": ["thing_id"], "without_it": "x"}},
            },
            "needs config.meta.time_column",
        ),
    ],
)
def test_a_faulty_contract_says_where(tmp_path, table, words):
    with pytest.raises(ContractError, match=words) as caught:
        load(tmp_path, table)
    assert "shop.things" in str(caught.value)


def test_a_child_table_has_the_parents_key_a_position_and_a_value(tmp_path):
    child = {
        **TABLE,
        "name": "thing_parts",
        "config": {
            "meta": {"child_of": "things", "list_column": "parts", "key": ["thing_id"]},
        },
    }
    with pytest.raises(ContractError, match="then an integer position"):
        load(tmp_path, TABLE, child)


POSITION = {**COLUMN, "name": "part_position", "data_type": "integer"}


def test_a_list_of_single_values_holds_texts(tmp_path):
    child = {
        **TABLE,
        "name": "thing_parts",
        "config": {"meta": {"child_of": "things", "list_column": "parts", "key": ["thing_id"]}},
        "columns": [COLUMN, POSITION, {**COLUMN, "name": "weight", "data_type": "bigint"}],
    }
    with pytest.raises(ContractError, match=r"thing_parts\.weight: a list of single values holds"):
        load(tmp_path, TABLE, child)


AT = {**COLUMN, "name": "made_at", "data_type": "timestamp(6)"}
RECEIVED = {**AT, "name": "received_at"}


@pytest.mark.parametrize(
    ("lead", "columns", "words"),
    [
        ("soon", [COLUMN, AT, RECEIVED], "a number of minutes, not 'soon'"),
        (-1, [COLUMN, AT, RECEIVED], "a number of minutes, not -1"),
        (60, [COLUMN, AT], "with received_at, and both must be columns"),
        (60, [COLUMN, AT, {**RECEIVED, "data_type": "date"}], "of type timestamp"),
    ],
)
def test_the_clock_rule_needs_two_times(tmp_path, lead, columns, words):
    meta = {
        "load": "append",
        "key": ["thing_id"],
        "time_column": "made_at",
        "without_it": "x",
        "clock_lead_minutes": lead,
    }
    with pytest.raises(ContractError, match=words):
        load(tmp_path, {**TABLE, "config": {"meta": meta}, "columns": columns})


NAME = {
    "name": "owner_name",
    "data_type": "varchar",
    "description": "The owner.",
    "config": {"meta": {"sensitivity": "identifying", "is_required": False}},
}
BORN = {**NAME, "name": "birth_date", "data_type": "date"}
VAULT = {
    "name": "shop_things",
    "description": "Owners. One row per thing.",
    "config": {"meta": {"vault_of": "shop.things", "key": ["thing_id"]}},
    "columns": [COLUMN, NAME, BORN],
}


def derived(name, derived_from, derivation, data_type="varchar", **meta):
    meta = {
        "sensitivity": "personal",
        "derived_from": derived_from,
        "derivation": derivation,
    } | meta
    return {
        "name": name,
        "data_type": data_type,
        "description": "Made.",
        "config": {"meta": {key: value for key, value in meta.items() if value is not None}},
    }


def with_derived(*columns, **meta):
    changed = {"meta": {**TABLE["config"]["meta"], **meta}}
    return {**TABLE, "config": changed, "columns": [COLUMN, *columns]}


def test_identifying_columns_land_with_the_others_and_derived_ones_do_not(tmp_path):
    table = with_derived(
        derived("owner_hash", "owner_name", "keyed_hash"),
        derived("age_band", "birth_date", "age_band"),
    )
    contract = load(tmp_path, table, vaults=[VAULT])
    things, vault = contract.table("shop", "things"), contract.table("restricted", "shop_things")
    assert things.vault == vault
    assert things.landed_names == ("thing_id", "owner_name", "birth_date")
    assert [column.name for column in things.columns] == ["thing_id", "owner_hash", "age_band"]
    assert not any(column.is_required for column in things.derived_columns)
    assert [t.full_name for t in contract.all()] == ["restricted.shop_things", "shop.things"]
    assert [t.full_name for t in contract.landed()] == ["shop.things"]


def test_parts_of_a_name_stay_in_the_vault_and_never_land(tmp_path):
    first = derived("first_name", "owner_name", "first_name", sensitivity="identifying")
    contract = load(tmp_path, TABLE, vaults=[{**VAULT, "columns": [COLUMN, NAME, BORN, first]}])
    things = contract.table("shop", "things")
    assert things.landed_names == ("thing_id", "owner_name", "birth_date")
    assert things.vault
    assert [column.name for column in things.vault.derived_columns] == ["first_name"]
    assert not things.derived_columns


OPTIONAL = {**COLUMN, "config": {"meta": {"sensitivity": "public", "is_required": False}}}


@pytest.mark.parametrize(
    ("table", "vault", "place", "words"),
    [
        (
            {**TABLE, "columns": [COLUMN, NAME]},
            VAULT,
            "_shop__sources.yml: shop.things.owner_name",
            "identifying columns are allowed in vault tables only",
        ),
        (
            {**TABLE, "config": {"meta": {**TABLE["config"]["meta"], "vault_of": "shop.others"}}},
            VAULT,
            "_shop__sources.yml: shop.things",
            "tables of the source restricted, and no others, have config.meta.vault_of",
        ),
        (
            TABLE,
            {**VAULT, "config": TABLE["config"]},
            "_restricted__sources.yml: restricted.shop_things",
            "tables of the source restricted, and no others, have config.meta.vault_of",
        ),
        (
            TABLE,
            {**VAULT, "config": {"meta": {"vault_of": "shop.nothing", "key": ["thing_id"]}}},
            "_restricted__sources.yml: restricted.shop_things",
            "vault_of names an unknown table shop.nothing",
        ),
        (
            {**TABLE, "config": {"meta": {"load": "internal", "key": ["thing_id"]}}},
            VAULT,
            "_restricted__sources.yml: restricted.shop_things",
            "nothing lands for internal tables",
        ),
        (
            TABLE,
            {**VAULT, "columns": [NAME, COLUMN]},
            "_restricted__sources.yml: restricted.shop_things",
            r"has the key of shop.things, \['thing_id'\]",
        ),
        (
            TABLE,
            {**VAULT, "columns": [{**COLUMN, "data_type": "bigint"}, NAME]},
            "_restricted__sources.yml: restricted.shop_things",
            "in its types",
        ),
        (
            TABLE,
            {**VAULT, "columns": [COLUMN]},
            "_restricted__sources.yml: restricted.shop_things",
            "then identifying columns",
        ),
        (
            TABLE,
            {**VAULT, "columns": [COLUMN, {**COLUMN, "name": "colour"}]},
            "_restricted__sources.yml: restricted.shop_things.colour",
            "only identifying columns belong in a vault",
        ),
        (
            TABLE,
            {
                **VAULT,
                "columns": [
                    COLUMN,
                    NAME,
                    derived("owner", "owner_name", "keyed_hash", sensitivity="identifying"),
                ],
            },
            "_restricted__sources.yml: restricted.shop_things.owner",
            "only identifying columns belong in a vault",
        ),
        (
            with_derived(derived("owner_name", "birth_date", "age_band")),
            VAULT,
            "_restricted__sources.yml: restricted.shop_things.owner_name",
            "shop.things has that name too",
        ),
        (
            {**TABLE, "columns": [OPTIONAL]},
            VAULT,
            "_restricted__sources.yml: restricted.shop_things",
            "shop.things.thing_id must be required",
        ),
        (
            with_derived(derived("owner_hash", "thing_id", "keyed_hash")),
            VAULT,
            "_shop__sources.yml: shop.things.owner_hash",
            "derived_from must name an identifying column of the vault",
        ),
        (
            with_derived(derived("owner_hash", "owner_name", "reversed")),
            VAULT,
            "_shop__sources.yml: shop.things.owner_hash",
            "derivation must be one of",
        ),
        (
            with_derived(derived("owner_hash", "owner_name", None)),
            VAULT,
            "_shop__sources.yml: shop.things.owner_hash",
            "derived_from and derivation go together",
        ),
        (
            with_derived(derived("first_name", "owner_name", "first_name")),
            VAULT,
            "_shop__sources.yml: shop.things.first_name",
            "a first_name identifies and belongs in the vault",
        ),
        (
            with_derived(derived("owner_hash", "birth_date", "keyed_hash")),
            VAULT,
            "_shop__sources.yml: shop.things.owner_hash",
            "keyed_hash makes a varchar from a varchar",
        ),
        (
            with_derived(derived("age", "birth_date", "age_band", data_type="integer")),
            VAULT,
            "_shop__sources.yml: shop.things.age",
            "age_band makes a varchar from a date",
        ),
        (
            with_derived(derived("owner_hash", "owner_name", "keyed_hash", is_nullable=False)),
            VAULT,
            "_shop__sources.yml: shop.things.owner_hash",
            "null where its input is missing",
        ),
        (
            with_derived(
                derived("age", "birth_date", "age_band"), load="append", time_column="thing_id"
            ),
            VAULT,
            "_shop__sources.yml: shop.things.age",
            "an age needs the day of an extract",
        ),
    ],
)
def test_a_faulty_vault_says_where(tmp_path, table, vault, place, words):
    with pytest.raises(ContractError, match=words) as caught:
        load(tmp_path, table, vaults=[vault])
    assert str(caught.value).startswith(f"{place}: ")


def test_a_table_has_one_vault(tmp_path):
    with pytest.raises(ContractError, match=r"shop\.things has a vault already"):
        load(tmp_path, TABLE, vaults=[VAULT, {**VAULT, "name": "more_things"}])


def test_a_project_without_sources_says_so(tmp_path):
    with pytest.raises(ContractError, match=r"No _<source>__sources\.yml"):
        load_contract(tmp_path)


def test_former_names_lead_to_the_present_one(tmp_path):
    table = load(tmp_path, with_meta(renamed_from=["id", "Thing"])).table("shop", "things")
    assert table.former_names == {"id": "thing_id", "Thing": "thing_id"}


@pytest.mark.parametrize(
    ("given", "words"),
    [("Thing_Id", "is the name, now or before"), (["a b"], "letters, digits"), (1, "letters")],
)
def test_a_former_name_is_no_present_one_and_plain(tmp_path, given, words):
    with pytest.raises(ContractError, match=words):
        load(tmp_path, with_meta(renamed_from=given))
