"""Segments in real builds: who is assigned to what, by SQL as by Python, and who stays champion."""

import datetime as dt
from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import yaml

from marquee.ml.artifacts import read_artifacts
from marquee.ml.segmentation import SegmentSpecification
from marquee.ml.segmentation.artifacts import read_segments
from marquee.ml.segmentation.quality import adjusted_rand_index
from marquee.ml.segmentation.tastes import read_tastes
from marquee.ml.segmentation.training import labels_of
from marquee.registry import register_models
from tests.python.conftest import PROJECT, Deployment
from tests.python.ml.segmentation.cases import DAY, alike, planted

pytestmark = pytest.mark.slow

LATER = DAY + dt.timedelta(days=30)
SERVED = ("customer_segments", "segment_profiles", "segment_comparisons", "segment_candidates")
SEGMENTS = ("path:python_models/segmentation", *SERVED, "model_versions", "model_evaluations")


@pytest.fixture
def service(empty: Deployment, new_deployment: Callable[[str], Deployment]) -> Deployment:
    """Its warehouse and lake, for a test to put tastes into."""
    deployment = new_deployment("planted")
    deployment.ingest()
    deployment.paths.warehouse.write_bytes(empty.paths.warehouse.read_bytes())
    return deployment


def plant(deployment: Deployment, tastes: pa.Table) -> None:
    """Puts tastes, their snapshot day and rule segments in place of those that SQL would make."""
    with deployment.writing() as connection:
        connection.register("tastes", tastes)
        for name, query in (
            ("feat_customer_tastes", "from tastes"),
            (
                "feat_customer_rule_segments",
                "select distinct customer_id, as_of_date, case right(customer_id, 1) when '1' "
                "then 'New' when '2' then 'Lost' else 'Loyal' end as rule_segment, "
                "1::bigint as active_day_count_90d, 1::bigint as days_since_last_play, "
                "1::decimal(38, 2) as paid_amount_usd_90d, true as is_customer from tastes",
            ),
            (
                "feat_top_titles",
                "select distinct 't1' as title_id, as_of_date, 't1' as top_title_id from tastes",
            ),
        ):
            connection.execute(f"create or replace table features.{name} as {query}")
        connection.unregister("tastes")


def register(deployment: Deployment) -> int:
    """What publishing does with models."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{deployment.paths.warehouse}' as warehouse (read_only)")
        return register_models(connection, "warehouse", deployment.lake)


def champions(deployment: Deployment) -> list[str]:
    rows = deployment.query(
        "select model_version from predictions.eval_segment_decisions where status = 'champion'"
    )
    return [version for (version,) in rows]


def segments(deployment: Deployment) -> dict[str, int]:
    return dict(
        deployment.query("select customer_id, segment_id from predictions.score_customer_segments")
    )


def by_python(deployment: Deployment) -> dict[str, int]:
    """What the champion says of everybody who has played enough."""
    [champion] = champions(deployment)
    with deployment.warehouse() as connection:
        artifacts, tastes = (
            connection.sql(f"from {name}").to_arrow_table()
            for name in ("predictions.train_segments", "features.feat_customer_tastes")
        )
    found = read_segments(read_artifacts(artifacts)[champion])
    customers = read_tastes(tastes).of_plays(found.minimum_play_count)
    places = labels_of(customers, found).tolist()
    return {
        name: found.ids[place] for name, place in zip(customers.customer_ids, places, strict=True)
    }


def test_an_empty_service_has_no_segments(empty: Deployment):
    for table in SERVED:
        assert empty.query(f"select count(*) from serving.{table}") == [(0,)]
    assert register(empty) == 0


def test_sql_assigns_as_python_does_in_a_whole_service(built: Deployment):
    found = segments(built)
    assert len(found) > 100
    assert found == by_python(built)
    labels = built.query(
        "select count(distinct segment_label), count(distinct segment_id), count(*), "
        "count(*) filter (where segment_id is null) from serving.customer_segments"
    )
    [(label_count, segment_count, customers, without)] = labels
    assert label_count == segment_count + 1
    assert customers - without == len(found)
    # Each share of each profile is one of a whole, and everybody is in one cell of the comparison.
    assert built.query(
        "select distinct abs(sum(segment_value) - 1) < 0.001 from serving.segment_profiles "
        "where measure_group in ('genre', 'daypart') group by segment_id, measure_group"
    ) == [(True,)]
    assert built.query("select sum(shared_customer_count) from serving.segment_comparisons") == [
        (customers,)
    ]


def test_new_customers_between_trainings_are_assigned_by_the_old_segments(service: Deployment):
    tastes, _ = planted()
    plant(service, tastes)
    assert service.dbt("run", "--select", *SEGMENTS)
    [champion] = champions(service)
    before = segments(service)
    assert register(service) > 0
    assert register(service) == 0

    more, truth = planted((130, 90, 70, 50), seed=3, day=DAY + dt.timedelta(days=7))
    plant(service, more)
    assert service.dbt("run", "--select", *SEGMENTS)
    assert champions(service) == [champion]
    assert service.query(
        "select count(distinct model_version) from predictions.train_segments"
    ) == [(1,)]
    after = segments(service)
    assert len(after) == len(before) + 40
    assert after == by_python(service)
    names = sorted(after)
    agreement = adjusted_rand_index(np.array([after[name] for name in names]), truth)
    assert agreement > 0.9


def test_a_champion_goes_on_unless_another_is_better_and_outlives_its_warehouse(
    service: Deployment,
):
    plant(service, planted()[0])
    assert service.dbt("run", "--select", *SEGMENTS)
    [champion] = champions(service)
    register(service)
    plant(service, planted(seed=8, day=LATER)[0])
    assert service.dbt("build", "--select", *SEGMENTS, "--exclude", "test_type:data")
    assert champions(service) == [champion]
    statuses = service.query(
        "select status from serving.model_versions where model_name = 'segments' order by status"
    )
    assert statuses == [("challenger",), ("champion",)]
    # The challenger carries the numbers of the champion, should it ever take over.
    numbers = service.query(
        "select model_version, list(distinct entry_id order by entry_id) "
        "from predictions.train_segments where artifact_name = 'centroid' group by all"
    )
    assert [own for _, own in numbers] == [["1", "2", "3", "4"]] * 2
    expected = segments(service)
    register(service)
    with service.writing() as connection:
        for table in ("train_segments", "eval_segments", "score_customer_segments"):
            connection.execute(f"drop table predictions.{table}")
    assert service.dbt("run", "--select", *SEGMENTS)
    assert segments(service) == expected


def test_nothing_is_trained_twice(service: Deployment, monkeypatch: pytest.MonkeyPatch):
    plant(service, planted()[0])
    assert service.dbt("run", "--select", *SEGMENTS)
    expected = segments(service)
    register(service)

    def try_nothing(*_: object) -> None:
        raise AssertionError("something was trained although nothing changed")

    monkeypatch.setattr("marquee.ml.segmentation.training.try_segment_counts", try_nothing)
    assert service.dbt("run", "--select", *SEGMENTS)
    assert segments(service) == expected
    # A month later it is time again.
    plant(service, planted(seed=2, day=LATER)[0])
    assert not service.dbt("run", "--select", *SEGMENTS)


def test_where_all_like_the_same_the_rules_stand_alone(service: Deployment):
    plant(service, alike())
    assert service.dbt("run", "--select", *SEGMENTS)
    assert champions(service) == []
    assert service.query(
        "select distinct segment_id, segment_label, model_version from serving.customer_segments"
    ) == [(None, "No taste segments yet", None)]
    assert service.query("select count(distinct rule_segment) from serving.customer_segments") == [
        (3,)
    ]


def test_the_committed_specification_is_whole():
    text = (PROJECT / "python_models" / "segmentation" / "_segmentation__models.yml").read_text()
    [settings] = [
        model["config"]["meta"]["specification"]
        for model in yaml.safe_load(text)["models"]
        if model["name"] == "train_segments"
    ]
    assert SegmentSpecification.from_mapping(settings).cadence == "every 28 days"


def test_rules_cover_everybody(empty: Deployment):
    """The last rule asks nothing."""
    [last] = empty.query(
        "select maximum_age_days, maximum_recency_days, minimum_active_days, minimum_paid_usd "
        "from seeds.segment_rules order by rule_rank desc limit 1"
    )
    assert last == (None, None, None, None)
