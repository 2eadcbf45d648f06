"""Texts as people post them, brought into one form: what is equal to a reader is equal here.

Handles, links and long numbers become placeholders, so that neither a vocabulary nor a comparison
of texts holds what names a person.
"""

import re
import unicodedata

MENTION, LINK, NUMBER = "<mention>", "<link>", "<number>"

# Bytes 128 to 255 as Latin-1 and as Windows-1252 show them.
_BYTES = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    bytes([byte]).decode("cp1252"): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_TAIL = "[" + "".join(sign for sign, byte in _BYTES.items() if byte < 0xC0) + "]"
# What nobody writes. After Ä and Å a quotation mark is one, as in „KOMÖDIÄ“.
_CERTAIN = re.compile(
    f"[\u00c2\u00c3\u00cb]{_TAIL}|[\u00c4\u00c5](?![\u2018\u2019\u201c\u201d]){_TAIL}"
    f"|\u00e2{_TAIL}{{2}}|\u00f0{_TAIL}{{3}}"
)
_MOJIBAKE = re.compile(f"[\u00c2-\u00c6\u00cb]{_TAIL}|\u00e2{_TAIL}{{2}}|\u00f0{_TAIL}{{3}}")
_LINKS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+", re.IGNORECASE)
_MENTIONS = re.compile(r"(?<![\w@])@\w[\w.]*")
_NUMBERS = re.compile(r"\+?\d[\d ()/-]{3,}\d|\d{4,}")
_HASHTAGS = re.compile(r"#(?=\w)")
_REPEATED = re.compile(r"([^\W\d_]|[!?.])\1{2,}")
# Signs that change how an emoji looks, or that nobody sees.
_INVISIBLE = re.compile("[\ufe0e\ufe0f\u200b-\u200d\u2060\ufeff\U0001f3fb-\U0001f3ff]")


def clean_text(text: str) -> str:
    """Gives the form in which texts are compared, trained with and scored; case stays.

    UTF-8 that was read as Latin-1 or Windows-1252, once or twice, wholly or in part, is repaired;
    Unicode is composed (NFKC); e-mail addresses and links, handles and numbers of four and more
    digits become placeholders; a hashtag becomes its word; a letter or mark that is repeated three
    times and more stands twice; blanks are single. Emoji stay.
    """
    text = unicodedata.normalize("NFKC", _repaired(text))
    text = _INVISIBLE.sub("", text)
    text = _LINKS.sub(LINK, text)
    text = _MENTIONS.sub(MENTION, text)
    text = _NUMBERS.sub(NUMBER, text)
    text = _HASHTAGS.sub("", text)
    return " ".join(_REPEATED.sub(r"\1\1", text).split())


def _repaired(text: str) -> str:
    for _ in range(2):
        if not _CERTAIN.search(text):
            break
        text = _MOJIBAKE.sub(_decoded, text)
    return text


def _decoded(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTES[sign] for sign in found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
