"""Texts in many disguises, and the one form that they have when clean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.sentiment.cleaning import clean_text

SOUND = "Déjà vu \u2013 größer, miłość, “quoted”, it\u2019s 😍"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  so   good\n", "so good"),
        ("soooo goooood!!!!!", "soo good!!"),
        ("hmm... no", "hmm.. no"),
        ("\uff46\uff55\uff4c\uff4c \uff57\uff49\uff44\uff54\uff48", "full width"),
        ("cafe\u0301", "café"),
        ("thanks @some.body_1!", "thanks <mention>!"),
        ("see https://example.com/a?b=c or www.example.com", "see <link> or <link>"),
        ("mail me: some.body@example.com", "mail me: <link>"),
        ("call +49 (170) 1234567 in 2024", "call <number> in <number>"),
        ("10 of 10, part 2", "10 of 10, part 2"),
        ("#TheSea is #great", "TheSea is great"),
        ("👍🏽 ❤️", "👍 ❤"),
        ("", ""),
    ],
)
def test_one_form(text: str, clean: str):
    assert clean_text(text) == clean


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_utf_8_that_was_read_as_something_else_is_repaired(encoding: str):
    def misread(text: str) -> str:
        # Windows-1252 has no sign for five bytes; there decoders keep the byte.
        data = text.encode()
        signs = (bytes([byte]) for byte in data)
        return "".join(
            sign.decode("latin-1")
            if encoding == "latin-1" or sign in b"\x81\x8d\x8f\x90\x9d"
            else sign.decode(encoding)
            for sign in signs
        )

    once = misread(SOUND)
    assert once != SOUND
    assert clean_text(once) == clean_text(SOUND)
    assert clean_text(misread(once)) == clean_text(SOUND)
    # Only a part of the text was broken.
    assert clean_text(f"{SOUND} {once}") == clean_text(f"{SOUND} {SOUND}")


@pytest.mark.parametrize("text", ["„KOMÖDIÄ“", "ÄÖÜ äöü ß", "Ã la carte", "â la", "São Paulo"])
def test_what_is_right_stays(text: str):
    assert clean_text(text) == text


@given(st.text())
def test_no_text_is_too_strange(text: str):
    found = clean_text(text)
    assert found == found.strip()
    assert "  " not in found
