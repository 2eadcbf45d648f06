"""The catalogue, used in a real browser without a network, as people use it."""

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote

import duckdb
import pytest

from marquee.catalogue.entries import published_catalogue
from marquee.catalogue.search import build_index, search
from marquee.site import write_site
from tests.python.browser import Browser
from tests.python.conftest import HASH_KEY, Deployment, environment

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ASKED = (
    *("cancel", "watch list", "money", "who will leave?", "Segmentation for e-mail campaigns"),
    *("buffering", "actors", "stale", "price", "churn prob", "customer_id", "no such word as zzzz"),
)


@pytest.fixture(scope="module")
def program() -> str:
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail("CI must have a browser: install Debian's chromium")
    pytest.skip(f"none of {', '.join(BROWSERS)} is installed")


@pytest.fixture(scope="module")
def site(built: Deployment) -> Path:
    with environment(built.paths.environment()):
        return write_site(built.paths)


@pytest.fixture(scope="module")
def browser(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(program, tmp_path_factory.mktemp("profile")) as browser:
        yield browser
        # No script failed, and nothing was asked of a network.
        assert browser.complaints == []


def shown(browser: Browser) -> list[tuple[str, str]]:
    """Kind and name of what a search has found, as the page lists it."""
    found = browser.ask(
        "[...document.querySelectorAll('#results a')].map(a => [a.dataset.kind, a.dataset.name])"
    )
    return [tuple(item) for item in found]


def test_somebody_finds_the_churn_tables_by_keyboard_alone(browser: Browser, site: Path):
    browser.open(f"file://{site}/index.html")
    assert browser.ask("document.querySelector('#browse').hidden") is False
    browser.press("/")
    browser.type("cancel")
    assert shown(browser)[0] == ("table", "serving.customer_churn_risks")
    assert browser.ask("document.querySelector('#browse').hidden") is True
    assert "of" in browser.ask("document.querySelector('#search-status').textContent")
    browser.press("ArrowDown")
    browser.press("ArrowDown")
    browser.press("ArrowUp")
    browser.press("Enter")
    browser.wait_for_load()
    assert browser.ask("document.title") == "serving.customer_churn_risks · marquee"
    text = browser.ask("document.body.innerText")
    for words in ("One row per customer.", "churn_probability", "decimal(12,8)", "0 to 1"):
        assert words in text
    browser.ask("document.querySelector('tr#churn_probability a').click()")
    browser.wait_for_load()
    assert "features.feat_customer_snapshots.*" in browser.ask(
        "document.querySelector('#upstream').textContent"
    )


def test_page_and_command_give_one_order(browser: Browser, site: Path, built: Deployment):
    index = build_index(published_catalogue(built.paths))
    for words in ASKED:
        browser.open("about:blank")
        browser.open(f"file://{site}/index.html#q={quote(words)}")
        expected = [(hit.document.kind, hit.document.name) for hit in search(index, words)]
        assert shown(browser) == expected, words


def test_escape_brings_the_tables_back(browser: Browser, site: Path):
    browser.open("about:blank")
    browser.open(f"file://{site}/index.html#q=title")
    assert shown(browser)
    browser.ask("document.querySelector('#search').focus()")
    browser.press("Escape")
    assert shown(browser) == []
    assert browser.ask("document.querySelector('#browse').hidden") is False


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("glossary.html", ["attrition", "serving.customer_churn_risks"]),
        ("requirements.html", ["passing", "Who is at risk of leaving"]),
        ("sources.html", ["events.events", "Recommendations", "are needed"]),
        (
            "tables/crm.customers.html",
            ["Newest profile", "distinct in the newest file", "personal"],
        ),
        ("tables/events.events.html", ["at least once", "event_type", "never null"]),
    ],
)
def test_pages_show_their_content(browser: Browser, site: Path, page: str, words: list[str]):
    browser.open(f"file://{site}/{page}")
    text = browser.ask("document.body.textContent")
    for word in words:
        assert word in text


def test_a_requirement_leads_to_its_tables_tests_and_their_last_result(
    browser: Browser, site: Path
):
    browser.open(f"file://{site}/requirements.html#Q3")
    assert browser.ask("document.querySelector('#Q3').open") is True
    text = browser.ask("document.querySelector('#Q3').innerText")
    assert "serving.customer_churn_risks" in text
    assert re.search(r"customer_churn_risks\S*\s+serving.customer_churn_risks\s+pass\s+20", text)


def test_dbt_docs_stand_beside(browser: Browser, site: Path):
    page = f"file://{site}/dbt.html#!/model/model.marquee.customer_recommendations"
    browser.open(page)
    # It draws itself after it is loaded.
    for _ in range(100):
        if "recommendation_rank" in browser.ask("document.body.textContent"):
            break
        browser.ask("new Promise(done => setTimeout(done, 100))")
    assert "recommendation_rank" in browser.ask("document.body.textContent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["index.html", "tables/crm.customers.html", "requirements.html"])
def test_a_phone_needs_no_scrolling_sideways(browser: Browser, site: Path, page: str, scheme: str):
    browser.show_as(390, 844, scheme)
    browser.open(f"file://{site}/{page}")
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    ground = browser.ask("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in re.findall(r"\d+", ground)[:3]) < 380) == (scheme == "dark")
    assert len(browser.picture()) > 20_000


class Links(HTMLParser):
    """Where a page leads, and the places it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.targets.add(value)
            if name == "id" and value:
                self.places.add(value)


def test_every_link_leads_somewhere_on_the_site(site: Path):
    pages = {page: Links(page) for page in site.rglob("*.html") if page.name != "dbt.html"}
    assert len(pages) > 200
    for page, links in pages.items():
        for target in links.targets - {"data:,"}:
            name, _, place = target.partition("#")
            assert ":" not in name, (page, target)
            found = (page.parent / unquote(name)).resolve() if name else page
            assert found.is_file(), (page, target)
            # Scripts read what follows the name of these.
            if place and found in pages and found.name != "lineage.html":
                assert unquote(place) in pages[found].places, (page, target)


def test_lineage_goes_from_what_is_served_to_what_landed(site: Path, built: Deployment):
    upstream = defaultdict(set)
    with duckdb.connect() as connection:
        rows = connection.execute(f"from '{site}/column_lineage.parquet'").fetchall()
    with duckdb.connect(str(built.paths.published / "marquee.duckdb"), read_only=True) as published:
        assert published.execute("from catalog.column_lineage").fetchall() == rows
    for relation, column, above, name, _ in rows:
        upstream[relation, column].add((above, name))
    columns = {(relation, column) for relation, column, *_ in rows}

    def reached(relation: str, column: str) -> set[tuple[str, str]]:
        seen, pending = set(), [(relation, column)]
        while pending:
            place = pending.pop()
            if place not in seen:
                seen.add(place)
                pending += upstream[place]
                if place[1] == "*":
                    pending += [other for other in columns if other[0] == place[0]]
        return seen

    risk = reached("serving.customer_churn_risks", "churn_probability")
    assert ("features.feat_customer_snapshots", "*") in risk
    assert ("events.events", "event_at") in risk
    assert ("dam.titles", "title_name") in reached("serving.titles", "title_name")
    assert ("dam.title_genres", "genre_name") in reached("serving.titles", "genres")
    # A union, through both halves.
    assert {("dam.titles", "title_id"), ("events.events", "title_id")} <= reached(
        "enriched.dim_titles", "title_id"
    )


def test_nothing_on_the_site_says_who_somebody_is(site: Path, built: Deployment):
    names = built.query("select full_name, email from restricted.customer_identities limit 200")
    told = "\n".join(
        page.read_text(encoding="utf-8")
        for page in site.rglob("*")
        if page.suffix != ".parquet" and page.is_file()
    )
    assert len(names) == 200
    for full_name, email in names:
        assert not full_name or full_name not in told
        assert not email or email not in told
    assert HASH_KEY not in told
