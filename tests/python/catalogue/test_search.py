"""What is found, and in which order, for words of the business."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.catalogue.entries import Catalogue
from marquee.catalogue.search import build_index, search, stem, stems


def relation(name: str, layer: str, description: str, term: str | None = None) -> dict:
    return {
        "relation_name": f"{layer}.{name}",
        "layer": layer,
        "description": description,
        "glossary_term": term,
        "tag_names": None,
        "owner": "somebody",
    }


def column(table: dict, name: str, description: str, term: str | None = None) -> dict:
    return {
        "relation_name": table["relation_name"],
        "layer": table["layer"],
        "tag_names": None,
        "column_name": name,
        "description": description,
        "glossary_term": term,
    }


RISKS = relation("customer_risks", "serving", "Who may go. One row per customer.", "churn")
LABELS = relation("label_churn", "features", "Who went. One row per customer.", "churn")
PAYMENTS = relation("payments", "billing", "What was charged. One row per payment.")
PAYMENTS["layer"] = "lake"
EMPTY = {"requirements": [], "checks": [], "freshness": [], "sufficiency": [], "results": []}
CATALOGUE = Catalogue(
    relations=[LABELS, PAYMENTS, RISKS],
    columns=[
        column(RISKS, "churn_probability", "How likely, from 0 to 1.", "churn"),
        column(PAYMENTS, "paid_amount", "What was paid.", "amount"),
        column(LABELS, "customer_id", "The customer."),
        column(RISKS, "customer_id", "The customer."),
    ],
    terms=[
        {"glossary_term": "amount", "definition": "A sum.", "synonyms": "money|price"},
        {"glossary_term": "churn", "definition": "Somebody leaves.", "synonyms": "cancel|quit"},
    ],
    **EMPTY,
)
INDEX = build_index(CATALOGUE)


def found(words: str) -> list[str]:
    return [hit.document.name for hit in search(INDEX, words)]


def test_words_of_the_business_find_what_engineers_have_named():
    assert found("cancelled") == [
        *("serving.customer_risks", "features.label_churn", "churn_probability", "churn")
    ]
    assert found("money") == ["paid_amount", "amount"]


def test_what_has_more_of_the_words_comes_first():
    assert found("customer payments")[0] == "billing.payments"
    assert found("churn customer")[0] == "serving.customer_risks"


def test_the_beginning_of_a_word_finds_it_for_less():
    whole, begun = search(INDEX, "payments")[0], search(INDEX, "paym")[0]
    assert whole.document == begun.document
    assert 0 < begun.score < whole.score
    assert found("pa")[:1] == []  # two letters begin too much


def test_columns_of_one_name_are_found_once_in_the_table_that_most_read():
    hits = [hit for hit in search(INDEX, "customer id") if hit.document.kind == "column"]
    assert [hit.document.place for hit in hits if hit.document.name == "customer_id"] == [
        "tables/serving.customer_risks.html#customer_id"
    ]


@pytest.mark.parametrize("words", ["", "?!", "who is the", "unheard"])
def test_what_says_nothing_finds_nothing(words: str):
    assert search(INDEX, words) == []


def test_an_empty_catalogue_can_be_asked():
    assert search(build_index(Catalogue([], [], [], **EMPTY)), "cancel") == []


@pytest.mark.parametrize(
    "forms",
    [
        ("cancel", "cancels", "cancelled", "cancelling", "cancellation", "cancellations"),
        ("segment", "segments", "segmentation", "segmented", "segmenting"),
        ("title", "titles"),
        ("country", "countries"),
        ("class", "classes"),
        ("drop", "dropped", "dropping"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...]):
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize("word", ["ads", "bus", "status", "analysis", "is", "s", "ss", "ed", "a1"])
def test_stems_of_short_words_stay(word: str):
    assert stem(word) in (word, word.removesuffix("s"))
    assert stem(word)


@given(st.text())
def test_no_stem_of_any_text_is_empty(text: str):
    assert all(stems(text))


@given(st.text(st.characters(codec="ascii")))
def test_capitals_change_nothing(text: str):
    assert stems(text) == stems(text.upper())


@given(
    st.permutations(range(len(CATALOGUE.columns))), st.sampled_from(["churn", "customer", "paid"])
)
def test_the_order_of_columns_changes_nothing(order: list[int], words: str):
    shuffled = Catalogue(
        relations=CATALOGUE.relations,
        columns=[CATALOGUE.columns[number] for number in order],
        terms=CATALOGUE.terms,
        **EMPTY,
    )
    assert search(build_index(shuffled), words) == search(INDEX, words)
