"""The catalogue as static pages: no server, no network, a script for search and lineage only."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from marquee.catalogue import search
from marquee.catalogue.entries import Catalogue, Row
from marquee.catalogue.lineage import Edge
from marquee.catalogue.search import anchor, build_index

ASSETS = ("catalogue.css", "search.js", "lineage.js")
LAYERS = {
    "serving": "What people query: stable names, contracts, descriptions.",
    "catalog": "What the warehouse knows about itself.",
    "predictions": "Parameters, figures and scores of models.",
    "features": "What is known of an entity on a snapshot day.",
    "enriched": "Each thing and each happening once.",
    "staging": "Landed records, renamed and typed.",
    "lake": "What landed, as the contract says.",
    "restricted": "Who a customer is; read from the vault, never published.",
    "seeds": "Weights, limits and words that people change.",
    "audit": "What builds write down about themselves.",
}
"""In the order in which most people look for them."""
GOOD = frozenset({"pass", "success"})


def write_pages(catalogue: Catalogue, edges: Sequence[Edge], folder: Path) -> None:
    """Write all pages into a folder; what stands there under other names stays.

    Args:
        catalogue: what is told.
        edges: the lineage of columns.
        folder: ``index.html`` is the way in.
    """
    pages = Environment(
        loader=PackageLoader("marquee.catalogue", "site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"anchor": anchor, "number": _number, "day": _day, "seconds": _seconds}
    pages.globals |= {"layers": LAYERS, "good": GOOD}
    by_name = {row["relation_name"]: row for row in catalogue.relations}
    declared = {(row["relation_name"], row["column_name"]) for row in catalogue.columns}
    shared = {"by_name": by_name, "declared": declared}

    def write(name: str, template: str, root: str, **values: object) -> None:
        text = pages.get_template(template).render(root=root, page=template, **shared, **values)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")

    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for old in (folder / "tables").glob("*.html"):
        old.unlink()
    (folder / "assets").mkdir(exist_ok=True)
    for name in ASSETS:
        shutil.copyfile(Path(__file__).parent / "site" / name, folder / "assets" / name)
    _write_data(folder / "assets" / "search-index.js", "SEARCH_INDEX", _index(catalogue))
    _write_data(folder / "assets" / "lineage-data.js", "LINEAGE", _lineage(edges))

    grouped = {layer: [r for r in catalogue.relations if r["layer"] == layer] for layer in LAYERS}
    write("index.html", "index.html", "", grouped=grouped, catalogue=catalogue)
    write("lineage.html", "lineage.html", "")
    spoken: dict[str, list[Row]] = defaultdict(list)
    for row in catalogue.relations:
        spoken[row["glossary_term"]].append(row)
    write("glossary.html", "glossary.html", "", rows=catalogue.terms, spoken=spoken)
    write("requirements.html", "requirements.html", "", **_requirements(catalogue))
    write("sources.html", "sources.html", "", **_sources(catalogue))
    for values in _tables(catalogue, edges):
        write(f"tables/{values['row']['relation_name']}.html", "table.html", "../", **values)


def _tables(catalogue: Catalogue, edges: Sequence[Edge]) -> list[dict[str, Any]]:
    columns = _grouped(catalogue.columns)
    results = _grouped(catalogue.results)
    upstream: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    read_by: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        upstream[edge.relation_name, edge.column_name].append(edge)
        read_by[edge.upstream_relation_name].add(edge.relation_name)
    found = []
    for row in catalogue.relations:
        name = row["relation_name"]
        own = results[name]
        found.append(
            {
                "row": row,
                "columns": columns[name],
                "upstream": {
                    column["column_name"]: upstream[name, column["column_name"]]
                    for column in columns[name]
                },
                "read_by": sorted(read_by[name]),
                "built": next((r for r in own if r["node_type"] in ("model", "seed")), None),
                "tests": [r for r in own if r["node_type"] in ("test", "unit_test")],
                "is_profiled": any(column["row_count"] is not None for column in columns[name]),
            }
        )
    return found


def _requirements(catalogue: Catalogue) -> dict[str, Any]:
    checks: dict[str, list[Row]] = defaultdict(list)
    for check in catalogue.checks:
        checks[check["requirement_id"]].append(check)
    ordered = sorted(catalogue.requirements, key=lambda row: (row["area"], _natural(row)))
    areas = {area: list(rows) for area, rows in groupby(ordered, key=lambda row: row["area"])}
    counts = Counter(row["requirement_status"] for row in ordered)
    return {"areas": areas, "checks": checks, "counts": counts}


def _natural(row: Row) -> tuple[str, int]:
    name = row["requirement_id"]
    return name[0], int(name[1:]) if name[1:].isdigit() else 0


def _sources(catalogue: Catalogue) -> dict[str, Any]:
    use_cases = {
        use_case: list(rows)
        for use_case, rows in groupby(catalogue.sufficiency, key=lambda row: row["use_case"])
    }
    return {"freshness": catalogue.freshness, "use_cases": use_cases}


def _grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["relation_name"]].append(row)
    return found


def _index(catalogue: Catalogue) -> Mapping[str, object]:
    """What the script needs to rank as `marquee.catalogue.search` does."""
    index = build_index(catalogue)
    return {
        "documents": [astuple(document) for document in index.documents],
        "postings": {
            word: [number for posting in postings for number in posting]
            for word, postings in index.postings.items()
        },
        "suffixes": search.SUFFIXES,
        "doubles": search.DOUBLES,
        "stopWords": sorted(search.STOP_WORDS),
        "prefixPercent": search.PREFIX_PERCENT,
        "prefixLetters": search.PREFIX_LETTERS,
    }


def _lineage(edges: Sequence[Edge]) -> Mapping[str, object]:
    """Columns by number, and the numbers of each one's upstream columns."""
    pairs = [
        (
            f"{edge.relation_name}.{edge.column_name}",
            f"{edge.upstream_relation_name}.{edge.upstream_column_name}",
        )
        for edge in edges
    ]
    names = sorted({name for pair in pairs for name in pair})
    numbers = {name: number for number, name in enumerate(names)}
    upstream: dict[int, list[int]] = defaultdict(list)
    for name, above in pairs:
        upstream[numbers[name]].append(numbers[above])
    return {"columns": names, "upstream": upstream}


def _write_data(path: Path, name: str, value: object) -> None:
    # A script, because browsers load no data beside a page without a server.
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    path.write_text(f"window.{name} = {text};\n", encoding="utf-8")


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _day(value: dt.datetime | None) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}"


def _seconds(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds / 1000:.2f} s"
