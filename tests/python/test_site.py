"""The catalogue and the column lineage, opened in a real browser without a network."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from marquee.site import write_site
from tests.python.conftest import Deployment, environment

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> str:
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


def open_page(browser: str, profile: Path, url: str, *options: str) -> str:
    result = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *("--disable-sync", f"--user-data-dir={profile}", "--window-size=1400,1000"),
            *("--virtual-time-budget=20000", *options, url),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return result.stdout


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("index.html", ["The data catalogue of marquee", "Which titles go to the top"]),
        (
            "index.html#!/model/model.marquee.customer_recommendations",
            ["One row per customer and rank.", "recommendation_rank", "DECIMAL(12,8)"],
        ),
        ("index.html#!/source/source.marquee.events.events", ["at least once", "event_type"]),
        ("lineage.html", ["marquee", "python_models", "exposures"]),
    ],
)
def test_pages_show_their_content(browser, site, tmp_path, page, words):
    dom = open_page(browser, tmp_path, f"file://{site}/{page}", "--dump-dom")
    for word in words:
        assert word in dom


def test_a_picture_of_the_catalogue_can_be_taken(browser, site, tmp_path):
    picture = tmp_path / "catalogue.png"
    open_page(browser, tmp_path, f"file://{site}/index.html", f"--screenshot={picture}")
    assert picture.stat().st_size > 50_000
