"""Ranked search over tables, columns and terms: one ranking for the command and the page.

What a word is worth for a document is computed once (BM25F: a word counts by the field it stands
in, less each time it is repeated, and the more the rarer it is) and kept as an integer. Asking only
adds integers, so Python here and the script of the page give one order. The rules by which words
become stems are data for the same reason: both read them from the index.

Robertson, Zaragoza (2009): The Probabilistic Relevance Framework: BM25 and Beyond.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from marquee.catalogue.entries import Catalogue, Row

WORD = re.compile(r"[a-z0-9]+")
WEIGHTS = {"name": 8, "term": 5, "synonyms": 4, "tags": 3, "columns": 1, "text": 2}
"""What one occurrence of a word in a field of a document is worth."""
SATURATION = 6.0
"""Weighted occurrences that are worth half of ever so many."""
LAYERS = {"serving": 130, "catalog": 105, "enriched": 100, "restricted": 90, "lake": 90}
"""Percent by which tables are preferred: most people should read what is served."""
OTHER_LAYERS = 75
KINDS = {"column": 70, "term": 60}
"""The same for what is no table."""
PREFIX_PERCENT = 60
"""What the beginning of a word is worth beside the whole."""
PREFIX_LETTERS = 3
SCALE = 1000

# The first rule that fits and leaves enough letters applies, then a double consonant at the end is
# one: cancel, cancels, cancelled, cancelling, cancellation are all "cancel".
SUFFIXES = (
    *(("isations", "ise", 4), ("isation", "ise", 4), ("izations", "ise", 4), ("ization", "ise", 4)),
    *(("ations", "", 4), ("ation", "", 4), ("ings", "", 3), ("ing", "", 3), ("ies", "y", 2)),
    *(("ied", "y", 2), ("sses", "ss", 2), ("ers", "er", 3), ("ed", "", 3), ("ss", "ss", 1)),
    *(("us", "us", 2), ("is", "is", 2), ("s", "", 3)),
)
DOUBLES = "bdfgklmnprt"
STOP_WORDS = frozenset(
    {
        *(
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "by",
            "for",
            "from",
            "has",
            "have",
            "how",
            "i",
            "if",
        ),
        *(
            "in",
            "is",
            "it",
            "its",
            "many",
            "me",
            "much",
            "my",
            "no",
            "of",
            "on",
            "or",
            "our",
            "that",
        ),
        *("the", "their", "there", "they", "this", "to", "was", "we", "what", "when", "where"),
        *("which", "who", "whom", "will", "with", "you"),
    }
)


@dataclass(frozen=True)
class Document:
    """Something that can be found."""

    kind: str
    """``table``, ``column`` or ``term``."""
    name: str
    description: str
    layer: str
    """Of a table; empty for others."""
    place: str
    """Page and anchor, relative to the folder of the site."""


@dataclass(frozen=True)
class Index:
    """All documents, and what each stem is worth for each of them."""

    documents: tuple[Document, ...]
    postings: dict[str, tuple[tuple[int, int], ...]]
    """By stem: number of a document and worth, in order of the number."""


@dataclass(frozen=True)
class Hit:
    """A document that was found."""

    document: Document
    score: int


def stem(word: str) -> str:
    """What a word has in common with its other forms; lower-case letters and digits."""
    for suffix, ending, least in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= least:
            word = word[: len(word) - len(suffix)] + ending
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] in DOUBLES:
        word = word[:-1]
    return word


def stems(text: str) -> list[str]:
    """The stems of a text in order, without words that say nothing."""
    return [stem(word) for word in WORD.findall(text.lower()) if word not in STOP_WORDS]


def build_index(catalogue: Catalogue) -> Index:
    """Index tables, terms and columns; those of one name are one, for they mean one thing."""
    terms = {row["glossary_term"]: row for row in catalogue.terms}
    own: dict[str, list[Row]] = defaultdict(list)
    named: dict[str, list[Row]] = defaultdict(list)
    for column in catalogue.columns:
        own[column["relation_name"]].append(column)
        named[column["column_name"]].append(column)
    entries = [
        *(_table(row, own[row["relation_name"]], terms) for row in catalogue.relations),
        *(_column(name, rows, terms) for name, rows in sorted(named.items())),
        *(_term(row) for row in catalogue.terms),
    ]
    occurrences = [_weighted(fields) for _, fields, _ in entries]
    frequencies = Counter(word for counts in occurrences for word in counts)
    postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, ((_, _, percent), counts) in enumerate(zip(entries, occurrences, strict=True)):
        for word, count in counts.items():
            rarity = math.log(1 + len(entries) / frequencies[word])
            worth = rarity * count / (count + SATURATION)
            # Whole numbers, so that adding them up gives the same in every language.
            postings[word].append((number, round(worth * SCALE) * percent // 100))
    return Index(
        tuple(document for document, _, _ in entries),
        {word: tuple(postings[word]) for word in sorted(postings)},
    )


def search(index: Index, words: str, limit: int = 20) -> list[Hit]:
    """The documents that answer best, best first; equal ones in the order of the index.

    Each stem asked for is worth the most that it, or one that begins with it, is worth for a
    document; documents that have more of the words are worth as many times more.
    """
    asked = list(dict.fromkeys(stems(words)))
    scores: Counter[int] = Counter()
    matched: Counter[int] = Counter()
    for word in asked:
        for number, worth in _worths(index, word).items():
            scores[number] += worth
            matched[number] += 1
    ranked = sorted(scores, key=lambda number: (-scores[number] * matched[number], number))
    return [
        Hit(index.documents[number], scores[number] * matched[number]) for number in ranked[:limit]
    ]


def _worths(index: Index, word: str) -> dict[int, int]:
    best: dict[int, int] = {}
    for found, postings in index.postings.items():
        if found == word:
            percent = 100
        elif len(word) >= PREFIX_LETTERS and found.startswith(word):
            percent = PREFIX_PERCENT
        else:
            continue
        for number, worth in postings:
            best[number] = max(best.get(number, 0), worth * percent // 100)
    return best


Entry = tuple[Document, dict[str, str], int]
"""A document, the texts of its fields, and how much it is preferred in percent."""


def _table(row: Row, columns: Iterable[Row], terms: dict[str, Row]) -> Entry:
    name, layer = row["relation_name"], row["layer"]
    document = Document("table", name, row["description"], layer, f"tables/{name}.html")
    fields = {
        "name": name.partition(".")[2],
        "text": row["description"],
        "tags": f"{layer} {row['tag_names'] or ''} {row['owner']}",
        "columns": " ".join(column["column_name"] for column in columns),
        **_spoken(row["glossary_term"], terms),
    }
    return document, fields, LAYERS.get(layer, OTHER_LAYERS)


def _column(name: str, rows: list[Row], terms: dict[str, Row]) -> Entry:
    # The table that most people read shows it.
    first = min(
        rows, key=lambda row: (-LAYERS.get(row["layer"], OTHER_LAYERS), row["relation_name"])
    )
    place = f"tables/{first['relation_name']}.html#{name}"
    document = Document("column", name, first["description"], "", place)
    fields = {
        "name": name,
        "text": first["description"],
        "tags": " ".join(sorted({row["tag_names"] for row in rows if row["tag_names"]})),
        **_spoken(first["glossary_term"], terms),
    }
    return document, fields, KINDS["column"]


def _term(row: Row) -> Entry:
    name = row["glossary_term"]
    place = f"glossary.html#{anchor(name)}"
    document = Document("term", name, row["definition"], "", place)
    fields = {"name": name, "text": row["definition"], "synonyms": row["synonyms"] or ""}
    return document, fields, KINDS["term"]


def _spoken(term: str | None, terms: dict[str, Row]) -> dict[str, str]:
    if term is None or term not in terms:
        return {}
    return {"term": term, "synonyms": terms[term]["synonyms"] or ""}


def _weighted(fields: dict[str, str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for field, text in fields.items():
        for word in stems(text):
            counts[word] += WEIGHTS[field]
    return counts


def anchor(name: str) -> str:
    """A name as the end of an address."""
    return "-".join(WORD.findall(name.lower()))
