"""Words and shares that the synthetic service is made of."""

from __future__ import annotations

COUNTRY_SHARES = {
    # European countries only: one time zone more or less, so dayparts need no shift.
    "DE": 0.30,
    "FR": 0.20,
    "GB": 0.16,
    "ES": 0.11,
    "IT": 0.09,
    "PL": 0.06,
    "SE": 0.05,
    "NL": 0.03,
}
LANGUAGES = ("de", "fr", "en", "es", "it", "pl", "sv", "nl")
GENDER_SHARES = {"female": 0.46, "male": 0.43, "other": 0.02, "unknown": 0.05, "": 0.04}
DEVICE_SHARES = {"tv": 0.45, "phone": 0.30, "desktop": 0.14, "tablet": 0.11}
NETWORK_SHARES = {"onsite": 0.70, "filmbox": 0.18, "cinecircle": 0.12}

# Share, shortest and longest runtime in minutes.
TITLE_TYPES = {
    "film": (0.45, 78, 165),
    "series": (0.33, 38, 62),
    "episode": (0.12, 20, 58),
    "track": (0.05, 2, 7),
    "live": (0.05, 60, 190),
}

GENRE_SHARES = {
    "drama": 0.15,
    "comedy": 0.13,
    "action": 0.09,
    "thriller": 0.08,
    "crime": 0.08,
    "romance": 0.07,
    "documentary": 0.06,
    "family": 0.05,
    "animation": 0.05,
    "adventure": 0.04,
    "science fiction": 0.04,
    "fantasy": 0.04,
    "horror": 0.03,
    "mystery": 0.03,
    "history": 0.02,
    "music": 0.02,
    "sport": 0.01,
    "reality": 0.01,
}
GENRES = tuple(GENRE_SHARES)

# Planted segments: share, and the genres each one loves, most loved first.
SEGMENTS = {
    "families": (0.20, ("animation", "family", "adventure", "fantasy")),
    "thrill seekers": (0.18, ("action", "thriller", "crime")),
    "romantics": (0.16, ("romance", "drama", "music")),
    "laughers": (0.14, ("comedy", "reality", "family")),
    "world builders": (0.11, ("science fiction", "fantasy", "adventure")),
    "sleuths": (0.09, ("mystery", "crime", "thriller")),
    "learners": (0.07, ("documentary", "history", "sport")),
    "night owls": (0.05, ("horror", "thriller", "science fiction")),
}

TITLE_TAGS = (
    "slow burn", "feel-good", "based on a true story", "ensemble cast", "twist ending",
    "coming of age", "revenge", "road trip", "heist", "courtroom", "small town", "big city",
    "space", "time travel", "strong heroine", "antihero", "buddy story", "siblings", "workplace",
    "high school", "war", "politics", "spies", "detective", "haunted house", "monsters", "magic",
    "dystopia", "robots", "animals", "food", "nature", "sea", "desert", "winter", "summer",
    "dance", "live concert", "football", "award winner",
)  # fmt: skip

ADJECTIVES = (
    "Silent", "Crimson", "Hidden", "Last", "Broken", "Golden", "Distant", "Restless", "Burning",
    "Forgotten", "Northern", "Gentle", "Savage", "Electric", "Hollow", "Endless", "Secret",
    "Wandering", "Frozen", "Bitter", "Bright", "Little", "Midnight", "Paper", "Velvet", "Stolen",
    "Tender", "Lonely", "Wild", "Ninth",
)  # fmt: skip
NOUNS = (
    "River", "Garden", "Empire", "Shadow", "Harbour", "Promise", "Orchard", "Machine", "Kingdom",
    "Letter", "Summer", "Winter", "Island", "Engine", "Mirror", "Forest", "Crown", "Signal",
    "Bridge", "Daughter", "Stranger", "Detective", "Captain", "Painter", "Widow", "Fortune",
    "Storm", "Lantern", "Carousel", "Comet", "Hotel", "Train", "Sparrow", "Wolf", "Rose",
    "Compass", "Theatre", "Voyage", "Verdict", "Circus",
)  # fmt: skip
PLACES = (
    "Lisbon", "Kraków", "Malmö", "Marseille", "São Paulo", "Zürich", "Vienna", "Tromsø", "Palermo",
    "Córdoba", "Glasgow", "Łódź", "Reykjavík", "Orléans", "Düsseldorf", "the Moon", "Avalon",
    "the North", "the Valley", "Nowhere",
)  # fmt: skip

TAG_TEXTS = (
    "slow burn", "great soundtrack", "watch with friends", "made me cry", "rewatch", "overrated",
    "hidden gem", "too long", "perfect ending", "weak plot", "beautiful", "funny", "scary",
    "for a rainy day", "brilliant cast", "predictable", "best of the year", "fell asleep",
    "great pictures, weak story", "funny, warm, short", 'he says "run" and they run',
    '"masterpiece"', "first half: great\nsecond half: boring", "so good 🎬", "🍿🍿🍿",
    "à voir", "schöner Film", "żal i łzy", 'wow, "wow"\nand wow 😮',
)  # fmt: skip

# Names of customers; one line a country, in the order of COUNTRY_SHARES.
GIVEN_NAMES = tuple(
    names.split()
    for names in (
        "Anna Jürgen Sabine Thomas Käthe Emre Sören Leonie Hans-Peter Mia Noah Ayşe Uwe Jana",
        "Camille François Zoé Jean-Luc Aïcha Benoît Élodie Hugo Anaïs Noël Inès Théo Yasmine",
        "Olivia George Priya Callum Siân Harry Zainab Niamh Oliver Kwame Ruth Owen Grace",
        "Lucía Javier Begoña Íñigo Carmen Álvaro Núria Mateo Sofía Jordi Rocío Andrés",
        "Giulia Niccolò Chiara Matteo Noemi Luca Beatrice Elia Sara Andrea Gaia Leonardo",
        "Zofia Łukasz Agnieszka Michał Małgorzata Wojciech Żaneta Jan Ola Paweł Iga",
        "Åsa Björn Linnéa Erik Saga Göran Amira Nils Ebba Måns Ingrid",
        "Sanne Daan Femke Joost Noor Bram Zoë Sem Fleur Anouk Thijs",
    )
)
FAMILY_NAMES = tuple(
    names.split()
    for names in (
        "Müller Schmidt Öztürk Weiß Großmann Böhm Krause Schäfer Nowak Ott Lange Voß Arslan",
        "Lefèvre Martin Benali Dubois Gauthier Rousseau Châtelain Roy Petit Moreau Diallo",
        "Smith O'Connor Patel McDonald Okafor Ahmed Taylor Llewellyn Ng Wright Hughes",
        "García Muñoz Ibáñez Peña Etxeberria Ruiz Núñez Vidal Serrano Gil Castaño",
        "Rossi D'Angelo Esposito Ferrari Conti Nicolosi Greco Bianchi Re Villa Marù",
        "Kowalski Wójcik Lewandowska Źródłowska Zając Dąbrowski Król Mazur Wąs",
        "Johansson Sjöberg Ångström Lindqvist Öberg Haddad Nyström Ek Wallin",
        "Jansen Visser Bakker Özdemir Smit Dijkstra Hoekstra Mulder Vos",
    )
)
NAME_PARTICLES = (
    ("von", "von der", "zu"),
    ("de", "de la", "du"),
    ("St.", "ap"),
    ("de", "de la", "del"),
    ("di", "della", "de'"),
    ("de", "von"),
    ("af", "von"),
    ("van", "van der", "van 't", "ten"),
)
SINGLE_NAMES = ("Sukarno", "Björk", "Suharto", "Ḥalīma", "Thant", "Lakshmi", "Teller", "Zlatan")
# As their owners write them, and as they write their addresses.
FOREIGN_NAMES = {
    "Ελένη Παπαδοπούλου": "eleni.papadopoulou",
    "Олександр Коваленко": "o.kovalenko",
    "Анна Иванова": "anna.ivanova",
    "محمد العلي": "m.alali",
    "שרה כהן": "sarah.cohen",
    "山田 太郎": "taro.yamada",
    "王小明": "wang.xiaoming",
    "김민준": "minjun.kim",
    "प्रिया शर्मा": "priya.sharma",
    "ณัฐพล ใจดี": "nattapon",
}
