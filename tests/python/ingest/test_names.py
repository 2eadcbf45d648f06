"""Names of many kinds, and what each is split into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ingest.names import split_name
from marquee.synthetic.vocabulary import FOREIGN_NAMES, SINGLE_NAMES

NAMES = {
    "Ada Lovelace": ("Ada", None, "Lovelace"),
    "  Ada\u00a0 Lovelace ": ("Ada", None, "Lovelace"),
    "Mary Ann Evans": ("Mary", "Ann", "Evans"),
    "J. R. R. Tolkien": ("J.", "R. R.", "Tolkien"),
    "Hans-Peter Großmann": ("Hans-Peter", None, "Großmann"),
    "Yo-Yo Ma": ("Yo-Yo", None, "Ma"),
    # Particles.
    "Ludwig van Beethoven": ("Ludwig", None, "van Beethoven"),
    "Johann Wolfgang von Goethe": ("Johann", "Wolfgang", "von Goethe"),
    "Anna Maria van der Berg": ("Anna", "Maria", "van der Berg"),
    "Juan Carlos de la Cruz": ("Juan", "Carlos", "de la Cruz"),
    "Charles de Gaulle": ("Charles", None, "de Gaulle"),
    "Luca de' Medici": ("Luca", None, "de' Medici"),
    "Daan van 't Hoff": ("Daan", None, "van 't Hoff"),
    "Rhys ap Thomas": ("Rhys", None, "ap Thomas"),
    "Olivia St. John": ("Olivia", None, "St. John"),
    "José Ortega y Gasset": ("José", None, "Ortega y Gasset"),
    "Muhammad ibn Musa al-Khwarizmi": ("Muhammad", "ibn Musa", "al-Khwarizmi"),
    "Osama bin Laden": ("Osama", None, "bin Laden"),
    "van Gogh": (None, None, "van Gogh"),
    # Suffixes and titles.
    "Martin Luther King Jr.": ("Martin", "Luther", "King"),
    "Martin Luther King, Jr.": ("Martin", "Luther", "King"),
    "King, Martin Luther, Jr.": ("Martin", "Luther", "King"),
    "John Smith III": ("John", None, "Smith"),
    "Mary Evans, PhD": ("Mary", None, "Evans"),
    "Dr. Sabine Müller": ("Sabine", None, "Müller"),
    "Dr. Weiß": (None, None, "Weiß"),
    "Miss Saigon": ("Miss", None, "Saigon"),
    # Family name first, by a comma.
    "Lovelace, Ada": ("Ada", None, "Lovelace"),
    "Beethoven, Ludwig van": ("Ludwig", None, "van Beethoven"),
    "de la Rosa, Pedro": ("Pedro", None, "de la Rosa"),
    "O'Connor, Sinéad Marie": ("Sinéad", "Marie", "O'Connor"),
    "Smith,": (None, None, "Smith"),
    # One word, and none.
    "Sukarno": (None, None, "Sukarno"),
    "": (None, None, None),
    " , ": (None, None, None),
    # Other scripts.
    "Ελένη Παπαδοπούλου": ("Ελένη", None, "Παπαδοπούλου"),
    "Олександр Коваленко": ("Олександр", None, "Коваленко"),
    "محمد العلي": ("محمد", None, "العلي"),
    "أحمد بن سعيد": ("أحمد", None, "بن سعيد"),
    "שרה כהן": ("שרה", None, "כהן"),
    "प्रिया शर्मा": ("प्रिया", None, "शर्मा"),
    "ณัฐพล ใจดี": ("ณัฐพล", None, "ใจดี"),
    # Chinese, Japanese and Korean script: the family name is first.
    "王小明": ("小明", None, "王"),
    "司馬遷": ("遷", None, "司馬"),
    "诸葛亮": ("亮", None, "诸葛"),
    "王": (None, None, "王"),
    "山田 太郎": ("太郎", None, "山田"),
    "宮崎駿": ("駿", None, "宮崎"),
    "佐々木希": ("希", None, "佐々木"),
    "勅使河原宏": ("宏", None, "勅使河原"),
    "スティーブン": (None, None, "スティーブン"),
    "김민준": ("민준", None, "김"),
    "남궁민수": ("민수", None, "남궁"),
}


@pytest.mark.parametrize("full_name", NAMES)
def test_known_names(full_name):
    assert tuple(split_name(full_name)) == NAMES[full_name]


def test_every_name_of_the_invented_service_is_split():
    for full_name in FOREIGN_NAMES:
        assert split_name(full_name).first
        assert split_name(full_name).last
    for full_name in SINGLE_NAMES:
        assert split_name(full_name) == (None, None, full_name)


@given(st.text())
def test_any_text_has_parts_and_nothing_is_invented(text):
    parts = split_name(text)
    assert all(part is None or part.strip() for part in parts)
    if parts.first or parts.middle:
        assert parts.last
