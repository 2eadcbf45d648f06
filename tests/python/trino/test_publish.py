"""What people read on Trino changes at once, and only for the better."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from marquee.builds import PublishRefusedError
from marquee.trino.publish import publish_on_trino
from tests.python.trino.conftest import Twins

pytestmark = pytest.mark.slow


def publish(twins: Twins) -> object:
    return publish_on_trino(twins.session(), twins.deployment.lake)


def test_a_published_build_is_not_published_again(twins: Twins):
    publish(twins)
    assert publish(twins) is None
    [(version,)] = twins.ask("select version from catalog.publication")
    assert version.startswith("v0000")


def test_both_engines_publish_the_same_tables(twins: Twins):
    found = twins.ask(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('serving', 'catalog') order by 1",
        user="engineer",
    )
    manifest = json.loads((twins.deployment.target() / "manifest.json").read_text())
    public = {
        f"{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["access"] == "public"
    }
    assert {name for (name,) in found} == public | {"catalog.publication"}


def test_descriptions_reach_the_views(twins: Twins):
    manifest = json.loads((twins.deployment.target("trino") / "manifest.json").read_text())
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["access"] != "public":
            continue
        view = f"{node['schema'].removesuffix('_candidate')}.{node['alias']}"
        found = {name: comment for name, _, _, comment in twins.ask(f"show columns from {view}")}
        assert found == {name: c["description"] for name, c in node["columns"].items()}, view
        schema, table = view.split(".")
        assert twins.ask(
            "select comment from system.metadata.table_comments where catalog_name = 'marquee' "
            f"and schema_name = '{schema}' and table_name = '{table}'"
        ) == [(node["description"].strip(),)]


def test_a_build_that_writes_is_not_seen(twins: Twins):
    """The candidate is replaced, emptied, dropped: the view goes on showing what was published."""
    before = twins.ask("select * from serving.titles order by title_id")
    assert before
    twins.ask("create table serving_candidate.kept as select * from serving_candidate.titles")
    try:
        twins.ask(
            "create or replace table serving_candidate.titles as "
            "select 'other' as title_id, 1 as one"
        )
        assert twins.ask("select * from serving.titles order by title_id") == before
        twins.ask(
            "create or replace table serving_candidate.titles as "
            "select * from serving_candidate.kept where title_id < ''"
        )
        assert twins.ask("select * from serving.titles order by title_id") == before
    finally:
        twins.ask(
            "create or replace table serving_candidate.titles as "
            "select * from serving_candidate.kept"
        )
        twins.ask("drop table serving_candidate.kept")


@contextmanager
def newest_build(twins: Twins, **changes: str) -> Iterator[None]:
    """A build on the record that is the approved one but for some values (as SQL)."""
    columns = [name for name, *_ in twins.ask("show columns from audit.build_events")]
    changes = {"invocation_id": "'invented'", "occurred_at": "timestamp '2999-01-01'"} | changes
    values = ", ".join(changes.get(name, name) for name in columns)
    twins.ask(
        f"insert into audit.build_events select {values} from audit.build_events "
        "where invocation_id = (select invocation_id from catalog.publication)"
    )
    try:
        yield
    finally:
        twins.ask("delete from audit.build_events where invocation_id = 'invented'")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event_name": "'started'"}, "did not finish"),
        ({"is_whole_graph": "false"}, "a part of the graph"),
        ({"failure_count": "2"}, "2 failed or skipped"),
        ({"load_id": "load_id - 1"}, "the lake is at load"),
        ({"public_relations": "'serving_candidate.nothing'"}, "not a relation of a candidate"),
        ({"public_relations": "'enriched.dim_titles'"}, "not a relation of a candidate"),
    ],
)
def test_what_may_not_be_published_is_refused(twins: Twins, changes: dict, words: str):
    before = twins.ask("select * from catalog.publication")
    definition = twins.ask("show create view serving.titles")
    with newest_build(twins, **changes), pytest.raises(PublishRefusedError, match=words):
        publish(twins)
    assert twins.ask("select * from catalog.publication") == before
    assert twins.ask("show create view serving.titles") == definition


def test_a_kill_in_the_middle_of_the_switch_is_repaired_by_publishing_again(
    twins: Twins, monkeypatch
):
    class KilledError(Exception):
        pass

    from marquee.trino import publish as module

    replace, done = module._replace_view, []

    def killed(*arguments):
        if len(done) == 3:
            raise KilledError
        done.append(arguments)
        replace(*arguments)

    [(before,)] = twins.ask("select version from catalog.publication")
    with newest_build(twins):
        with monkeypatch.context() as patch:
            patch.setattr(module, "_replace_view", killed)
            with pytest.raises(KilledError):
                publish(twins)
        assert twins.ask("select version from catalog.publication") == [(before,)]
        publication = publish(twins)
        assert publication is not None
        assert publication.version > before
        assert twins.ask("select version from catalog.publication") == [(publication.version,)]
        twins.ask("delete from audit.publications where invocation_id = 'invented'")


def test_a_view_that_no_model_has_any_more_goes_away(twins: Twins):
    twins.ask("create view serving.former as select 1 as one")
    with newest_build(twins):
        publish(twins)
        twins.ask("delete from audit.publications where invocation_id = 'invented'")
    found = twins.ask("show tables from serving")
    assert ("former",) not in found
    assert ("titles",) in found
