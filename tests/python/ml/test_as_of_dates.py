from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pytest

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.recommendation import (
    INTERACTION_SCHEMA,
    PARAMETER_SCHEMA,
    SEGMENT_SCHEMA,
    TERRITORY_SCHEMA,
    Audience,
    Catalogue,
    RecommenderSpecification,
    evaluate_recommenders,
    fit_recommenders,
    recommend,
    score_segments,
    score_territories,
    similar_titles,
)

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
SPECIFICATION = RecommenderSpecification()


def dated(*days: date, schema: pa.Schema = INTERACTION_SCHEMA) -> pa.Table:
    """Rows that hold nothing but their snapshot day: nobody may look at them before it."""
    nulls = [pa.nulls(len(days), field.type) for field in schema]
    table = pa.table(nulls, schema=schema)
    return table.append_column("as_of_date", pa.array(days, pa.date32()))


def texts(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


CUSTOMERS = texts("customer_id", "country_code")
TITLES = texts("title_id", "is_playable")
LICENCES = texts("title_id", "territory_code")
GENRES = texts("title_id", "genre_name")
ATTRIBUTES = texts("title_id", "attribute_kind", "attribute_value")
WEIGHTS = texts("attribute_kind", "content_weight")


def recommend_on(
    interactions: date, customers: date, titles: date, licences: date, newness: date
) -> pa.Table:
    return recommend(
        dated(interactions),
        PARAMETER_SCHEMA.empty_table(),
        "popularity",
        Audience(
            customers=dated(customers, schema=CUSTOMERS),
            customer_segments=dated(schema=CUSTOMERS),
            territories=TERRITORY_SCHEMA.empty_table(),
            segments=SEGMENT_SCHEMA.empty_table(),
        ),
        Catalogue(
            titles=dated(titles, schema=TITLES),
            licences=dated(licences, schema=LICENCES),
            genres=dated(schema=GENRES),
            attributes=dated(schema=ATTRIBUTES),
            content_weights=dated(schema=WEIGHTS),
            newness=dated(newness, schema=TITLES),
        ),
        SPECIFICATION,
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: evaluate_recommenders(dated(MAY, JUNE), SPECIFICATION),
        lambda: fit_recommenders(dated(MAY, JUNE), ["popularity"], SPECIFICATION),
        lambda: score_territories(dated(JUNE), dated(MAY, schema=CUSTOMERS), SPECIFICATION),
        lambda: similar_titles(
            dated(JUNE),
            PARAMETER_SCHEMA.empty_table(),
            dated(MAY, schema=GENRES),
            dated(schema=TITLES),
            dated(schema=ATTRIBUTES),
            dated(schema=WEIGHTS),
        ),
        lambda: similar_titles(
            dated(JUNE),
            PARAMETER_SCHEMA.empty_table(),
            dated(JUNE, schema=GENRES),
            dated(JUNE, schema=TITLES),
            dated(MAY, schema=ATTRIBUTES),
            dated(schema=WEIGHTS),
        ),
        lambda: score_segments(dated(JUNE), dated(MAY, schema=CUSTOMERS), SPECIFICATION),
        lambda: recommend_on(MAY, JUNE, JUNE, JUNE, JUNE),
        lambda: recommend_on(JUNE, MAY, JUNE, JUNE, JUNE),
        lambda: recommend_on(JUNE, JUNE, MAY, JUNE, JUNE),
        lambda: recommend_on(JUNE, JUNE, JUNE, MAY, JUNE),
        lambda: recommend_on(JUNE, JUNE, JUNE, JUNE, MAY),
    ],
)
def test_no_function_takes_features_of_two_days(call: Callable[[], pa.Table]) -> None:
    with pytest.raises(ValueError, match="more than one as_of_date"):
        call()


def test_the_error_names_the_tables_and_their_days() -> None:
    with pytest.raises(
        ValueError, match=r"left: 2026-05-31, 2026-06-30; right: 2026-06-30.*is_latest"
    ):
        require_one_as_of_date(
            left=dated(JUNE, MAY, JUNE), right=dated(JUNE), empty=dated(), dateless=pa.table({})
        )


def test_one_day_none_and_no_column_pass() -> None:
    require_one_as_of_date(left=dated(JUNE, JUNE), right=dated(JUNE), empty=dated())
    require_one_as_of_date(empty=dated(), dateless=pa.table({"x": [1, 2]}))
