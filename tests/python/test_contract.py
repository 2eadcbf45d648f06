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


def load(tmp_path, *tables):
    folder = tmp_path / "models" / "staging" / "shop"
    folder.mkdir(parents=True)
    document = {"sources": [{"name": "shop", "tables": list(tables)}]}
    (folder / "_shop__sources.yml").write_text(yaml.safe_dump(document))
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
    assert [item.name for item in tables["dam.titles"].lists] == ["genres", "tags"]
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


def test_a_project_without_sources_says_so(tmp_path):
    with pytest.raises(ContractError, match=r"No _<source>__sources\.yml"):
        load_contract(tmp_path)
