"""Texts as matrices of the terms that occur in them: words, pairs of words, parts of words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from marquee.ml.dense_index import Positions
from marquee.ml.sentiment.languages import languages_of
from marquee.ml.sentiment.lexicon import compounds

WORD, CHARACTERS = "word:", "part:"
_CHARACTER_COUNT = 4
# A placeholder, a word (with an apostrophe inside), an emoticon, a run of marks, any other sign.
_TOKENS = re.compile(
    r"<(?:mention|link|number)>|\w+(?:['\u2019]\w+)*|[:;=8][-o*']?[()\[\]dp/\\|*]|[!?.]+|[^\w\s]"
)


@dataclass(frozen=True, eq=False)
class Texts:
    """Clean texts with all that estimators read of them.

    Attributes:
        texts: Clean texts.
        terms: Every term of the texts, sorted. Words and pairs of words begin with `WORD`, parts of
            words (four characters, _ is the border) with `CHARACTERS`.
        presence: 1 where a text has a term, shape (texts, terms).
        minimum_confidence: From which confidence on a language counts as known.
    """

    texts: tuple[str, ...]
    terms: npt.NDArray[np.str_]
    presence: sp.csr_array
    minimum_confidence: float

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def compounds(self) -> npt.NDArray[np.float64]:
        """The lexicon's scores, shape (texts,)."""
        return compounds(self.texts)

    @cached_property
    def languages(self) -> npt.NDArray[np.str_]:
        """Codes of languages, empty where unknown, shape (texts,)."""
        return np.array(languages_of(self.texts, self.minimum_confidence), dtype=np.str_)

    @cached_property
    def is_word(self) -> npt.NDArray[np.bool_]:
        """Whether a term is a word or a pair of words, shape (terms,)."""
        return np.char.startswith(self.terms, WORD)

    def take(self, rows: Positions) -> "Texts":
        """Gives some of the texts; terms that none of them has stay."""
        chosen = Texts(
            tuple(self.texts[row] for row in rows.tolist()),
            self.terms,
            self.presence[rows],
            self.minimum_confidence,
        )
        # What has been computed once is not computed again for each fold.
        for name in ("compounds", "languages"):
            if name in self.__dict__:
                chosen.__dict__[name] = self.__dict__[name][rows]
        chosen.__dict__["is_word"] = self.is_word
        return chosen

    def columns(self, terms: Sequence[str]) -> sp.csr_array:
        """Gives the presence of given terms, shape (texts, terms given); 0 of unknown ones."""
        wanted = np.array(terms, dtype=np.str_)
        if not len(wanted) or not len(self.terms):
            return sp.csr_array((len(self), len(wanted)))
        places = np.minimum(np.searchsorted(self.terms, wanted), len(self.terms) - 1)
        is_known = self.terms[places] == wanted
        chosen = sp.csr_array(
            (np.ones(is_known.sum()), (places[is_known], np.flatnonzero(is_known))),
            shape=(len(self.terms), len(wanted)),
        )
        return (self.presence @ chosen).tocsr()


def read_texts(texts: Iterable[str], minimum_confidence: float) -> Texts:
    """Finds the terms of clean texts.

    Args:
        texts: Clean texts.
        minimum_confidence: From which confidence (0 to 1) on a language counts as known.
    """
    kept = tuple(texts)
    tokens = [words_of(text) for text in kept]
    words, has_word = _presence(tokens)
    pairs, has_pair = _presence([[f"{a} {b}" for a, b in pairwise(own)] for own in tokens])
    # A word is taken apart once, not once for each text that has it.
    parts, is_in_word = _presence([_parts(word) for word in words])
    has_part = (has_word @ is_in_word).tocsr()
    terms = np.array(
        [WORD + term for term in (*words, *pairs)] + [CHARACTERS + term for term in parts],
        dtype=np.str_,
    )
    presence = sp.hstack([has_word, has_pair, has_part], format="csr")
    presence.data[:] = 1.0
    order = np.argsort(terms, kind="stable")
    return Texts(kept, terms[order], sp.csr_array(presence[:, order]), minimum_confidence)


def words_of(text: str) -> list[str]:
    """Gives the words, emoticons, marks and placeholders of a clean text in their order."""
    return _TOKENS.findall(text.lower().replace("\u2019", "'"))


def _parts(word: str) -> list[str]:
    bordered = f"_{word}_"
    if word.startswith("<"):
        return []
    count = len(bordered) - _CHARACTER_COUNT + 1
    return [bordered[start : start + _CHARACTER_COUNT] for start in range(count)]


def _presence(lists: list[list[str]]) -> tuple[list[str], sp.csr_array]:
    """Gives the distinct terms of lists, and where each occurs, shape (lists, terms)."""
    places: dict[str, int] = {}
    ends, columns = [0], []
    for terms in lists:
        columns.extend([places.setdefault(term, len(places)) for term in terms])
        ends.append(len(columns))
    matrix = sp.csr_array(
        (np.ones(len(columns)), np.array(columns, np.int64), np.array(ends, np.int64)),
        shape=(len(lists), len(places)),
    )
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return list(places), matrix
