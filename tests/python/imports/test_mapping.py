import pytest
import yaml

from marquee.imports import MappingError, import_folder, known_mappings, load_mapping

RATINGS = "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,x,nine,soon\n"
MOVIES = (
    'movieId,title,genres\n31,"Dangerous Minds (1995)",Drama\n'
    '32,"Twelve, Monkeys (a.k.a. ""12"") (1995)",Mystery|Sci-Fi\n33,Babylon 5,(no genres listed)\n'
)
TAGS = 'userId,movieId,tag,timestamp\n15,31,"it\'s, so ""good""",1138537770\n'


@pytest.fixture
def movielens(tmp_path):
    folder = tmp_path / "ml"
    folder.mkdir()
    for name, text in (("ratings", RATINGS), ("movies", MOVIES), ("tags", TAGS)):
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_movielens_becomes_typed_rows_and_its_faults_are_kept(deployment, movielens, contract):
    import_folder(
        load_mapping("movielens"),
        movielens,
        deployment.paths.landing,
        contract,
        deployment.paths.work,
    )
    deployment.ingest()
    shown = "title_id, title_name, title_type, release_year"
    titles = deployment.lake_rows("dam.titles", shown)
    assert titles == [
        ("31", "Dangerous Minds", "film", 1995),
        ("32", 'Twelve, Monkeys (a.k.a. "12")', "film", 1995),
        ("33", "Babylon 5", "film", None),
    ]
    genres = [row[:3] for row in deployment.lake_rows("dam.title_genres")]
    assert genres == [("31", 1, "Drama"), ("32", 1, "Mystery"), ("32", 2, "Sci-Fi")]
    [rating] = deployment.lake_rows("social.ratings")
    assert rating[:3] == ("1", "31", "movielens")
    assert f"{rating[4]:%Y-%m-%d %H:%M:%S}" == "2009-12-14 02:52:24"
    [tag] = deployment.lake_rows("social.tags")
    assert tag[3] == 'it\'s, so "good"'
    [(reason,)] = deployment.ledger("quarantine", "reason")
    assert "rating_value: 'nine'" in reason
    assert "rated_at: 'soon'" in reason


def test_importing_again_changes_nothing(deployment, movielens, contract):
    mapping = load_mapping("movielens")
    first = import_folder(
        mapping, movielens, deployment.paths.landing, contract, deployment.paths.work
    )
    deployment.ingest()
    assert (
        import_folder(mapping, movielens, deployment.paths.landing, contract, deployment.paths.work)
        == first
    )
    assert not deployment.ingest().loaded


def test_a_missing_file_and_a_missing_column_are_named(deployment, movielens, contract):
    mapping = load_mapping("movielens")
    (movielens / "tags.csv").write_text("userId,movieId,label,timestamp\n")
    with pytest.raises(MappingError, match=r"social\.tags can't be made from tags\.csv"):
        import_folder(mapping, movielens, deployment.paths.landing, contract, deployment.paths.work)
    assert not list(deployment.paths.landing.rglob("*.part"))
    (movielens / "tags.csv").unlink()
    with pytest.raises(MappingError, match=r"tags\.csv is missing"):
        import_folder(mapping, movielens, deployment.paths.landing, contract, deployment.paths.work)


def test_a_mapping_of_ones_own_is_a_file(tmp_path, deployment, contract):
    path = tmp_path / "shop.yml"
    output = {
        "source": "crm",
        "table": "customers",
        "input": "people",
        "format": "json_lines",
        "columns": {"customer_id": "id", "country_code": "upper(land)"},
    }
    document = {
        "description": "A shop",
        "inputs": {"people": "people.csv"},
        "extract_date": "select date '2026-01-31'",
        "outputs": [output],
    }
    path.write_text(yaml.safe_dump(document))
    (tmp_path / "people.csv").write_text("id,land\np1,de\n")
    import_folder(
        load_mapping(str(path)), tmp_path, deployment.paths.landing, contract, deployment.paths.work
    )
    deployment.ingest()
    assert [row[:2] for row in deployment.lake_rows("crm.customers")] == [("p1", "DE")]
    misspelt = {"customer_id": "id", "contry_code": "land"}
    path.write_text(yaml.safe_dump(document | {"outputs": [output | {"columns": misspelt}]}))
    with pytest.raises(MappingError, match="no columns contry_code; it has customer_id"):
        import_folder(
            load_mapping(str(path)),
            tmp_path,
            deployment.paths.landing,
            contract,
            deployment.paths.work,
        )
    path.write_text(yaml.safe_dump(document | {"outputs": [output | {"format": "xml"}]}))
    with pytest.raises(MappingError, match="'xml'"):
        load_mapping(str(path))


@pytest.mark.parametrize(
    ("expression", "told"),
    [("cast(born as date)", "ConversionException, text withheld"), ("birthday", '"birthday" not')],
)
def test_a_failing_expression_quotes_nobody(tmp_path, deployment, contract, expression, told):
    output = {
        "source": "crm",
        "table": "customers",
        "input": "people",
        "format": "csv",
        "columns": {"customer_id": "id", "birth_date": expression},
    }
    document = {
        "description": "A shop",
        "inputs": {"people": "people.csv"},
        "extract_date": "select date '2026-01-31'",
        "outputs": [output],
    }
    (tmp_path / "shop.yml").write_text(yaml.safe_dump(document))
    (tmp_path / "people.csv").write_text("id,born\np1,Ada Lovelace\n")
    mapping = load_mapping(str(tmp_path / "shop.yml"))
    with pytest.raises(MappingError) as caught:
        import_folder(mapping, tmp_path, deployment.paths.landing, contract, deployment.paths.work)
    assert told in str(caught.value)
    assert "Lovelace" not in str(caught.value)


def test_every_built_in_mapping_fits_the_contract(contract):
    for mapping in known_mappings().values():
        for output in mapping.outputs:
            table = contract.table(output.source, output.table)
            assert set(output.columns) <= set(table.landed_names)
            required = {c.name for c in table.columns if c.is_required}
            assert required <= set(output.columns)
