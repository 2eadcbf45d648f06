"""What people say is about what the truth says, and sounds like what they feel."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from typing import Any

import pytest

from marquee.synthetic.vocabulary import BRAND_NAMES, POST_PHRASES, PROPERTY_NAMES

from .conftest import World

Row = dict[str, Any]


@pytest.fixture(scope="module")
def posts(world: World) -> list[tuple[Row, Row]]:
    """Each post that is sound, once, with the truth about it."""
    truth = {row["post_id"]: row for row in world.truth_rows("posts")}
    found: dict[str, Row] = {}
    for path in sorted((world.landing / "social/posts").iterdir()):
        for line in path.read_bytes().decode(errors="surrogateescape").splitlines():
            is_utf8 = not any("\udc80" <= sign <= "\udcff" for sign in line)
            if is_utf8 and line.endswith("}"):
                row = json.loads(line)
                found[row["post_id"]] = row
    return [(row, truth[key]) for key, row in found.items()]


@pytest.fixture(scope="module")
def names(world: World) -> dict[tuple[str, str], str]:
    path = world.landing / "dam/titles/titles_2026-06-30.jsonl.gz"
    titles = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    known = {("title", title["title_id"]): title["title_name"] for title in titles}
    for title in titles:
        known["brand", title["brand_id"]] = title["brand_name"]
        if title["property_id"]:
            known["property", title["property_id"]] = title["property_name"]
        for talent in title["talents"]:
            known["talent", talent["talent_id"]] = talent["talent_name"]
    return known


def test_posts_are_about_what_the_truth_says(
    posts: list[tuple[Row, Row]], names: dict[tuple[str, str], str]
) -> None:
    kinds: Counter[str] = Counter()
    for post, true in posts:
        kinds[true["naming"]] += 1
        text, name = post["post_text"], names.get((true["entity_type"], true["entity_id"]))
        if true["naming"] == "id":
            told = (post["entity_type"], post["entity_id"])
            assert told == (true["entity_type"], true["entity_id"])
        else:
            assert post["entity_type"] is None
            assert post["entity_id"] is None
            assert text is not None
        if true["naming"] == "name" and name is not None:
            assert name in text
        elif true["naming"] == "hashtag" and name is not None:
            assert f"#{name.replace(' ', '').lower()}" in text
        elif text is not None and true["naming"] in ("id", "none"):
            assert name is None or name not in text
    assert set(kinds) == {"id", "name", "hashtag", "none"}
    assert 0.07 < kinds["none"] / len(posts) < 0.2
    assert {true["entity_type"] for _, true in posts} == {"title", "brand", "property", "talent"}


def test_texts_are_phrases_of_their_sentiment_and_language(posts: list[tuple[Row, Row]]) -> None:
    place = {"negative": 0, "neutral": 1, "positive": 2}
    for post, true in posts:
        if post["post_text"] is not None:
            phrases = POST_PHRASES[true["language_code"]][place[true["sentiment"]]]
            patterns = (re.escape(phrase).replace(r"\{x\}", ".+") for phrase in phrases)
            assert any(re.search(pattern, post["post_text"]) for pattern in patterns)
    languages = Counter(true["language_code"] for _, true in posts)
    assert languages["en"] > 0.6 * len(posts)
    assert len(languages) == 5


def test_stars_say_the_opposite_at_the_planted_rate(
    world: World, posts: list[tuple[Row, Row]]
) -> None:
    rated = [true for _, true in posts if true["half_stars"] is not None]
    flips = sum(true["is_rating_flipped"] for true in rated)
    assert 0.2 < flips / len(rated) / world.planted()["rating_flip_rate"] < 2
    for true in rated:
        low, high = {"negative": (1, 4), "neutral": (5, 6), "positive": (7, 10)}[true["sentiment"]]
        stars = 11 - true["half_stars"] if true["is_rating_flipped"] else true["half_stars"]
        assert low <= stars <= high


def test_reviews_have_texts_and_shares_mostly_none(posts: list[tuple[Row, Row]]) -> None:
    for kind in ("review", "comment"):
        assert all(post["post_text"] for post, _ in posts if post["post_type"] == kind)
    for kind in ("share", "bookmark"):
        silent = [post["post_text"] is None for post, _ in posts if post["post_type"] == kind]
        assert 0.7 < sum(silent) / len(silent) < 0.98
    assert all(post["author_handle"].startswith("@") for post, _ in posts)
    assert any(post["customer_id"] is None for post, _ in posts)


def test_names_are_told_apart(names: dict[tuple[str, str], str]) -> None:
    hashtags = Counter(name.replace(" ", "").lower() for name in names.values())
    assert set(hashtags.values()) == {1}
    assert set(BRAND_NAMES).isdisjoint(PROPERTY_NAMES)
