"""The language of a text, or the honest answer that it is too short to tell."""

import re
from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNKNOWN = ""
_PLACEHOLDERS = re.compile("<(?:mention|link|number)>")


def languages_of(texts: Sequence[str], minimum_confidence: float) -> list[str]:
    """Gives an ISO 639-1 code for each clean text; UNKNOWN below the confidence (0 to 1)."""
    classify = _identifier().classify
    found = (classify(_PLACEHOLDERS.sub(" ", text).strip()) for text in texts)
    return [code if confidence >= minimum_confidence else UNKNOWN for code, confidence in found]


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
