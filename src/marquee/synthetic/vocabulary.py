"""Words and shares that the synthetic service is made of."""

from __future__ import annotations

from dataclasses import dataclass

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
NETWORK_SHARES = {"onsite": 0.70, "filmbox": 0.18, "cinecircle": 0.12}

# Of titles that are neither series nor episodes: share, shortest and longest runtime in minutes.
TITLE_TYPES = {
    "film": (0.62, 78, 165),
    "track": (0.18, 2, 7),
    "live": (0.20, 40, 130),
}
LANGUAGE_SHARES = {
    "en": 0.50, "de": 0.12, "fr": 0.10, "es": 0.08, "ko": 0.06, "ja": 0.05, "it": 0.04, "pl": 0.03,
    "sv": 0.02,
}  # fmt: skip

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

TALENT_ROLES = {
    "actor": 0.55, "director": 0.14, "writer": 0.11, "presenter": 0.08, "musician": 0.12,
}  # fmt: skip
# Youngest age by genre; the highest of a title's genres counts.
GENRE_AGES = {
    "horror": 18, "thriller": 16, "crime": 12, "action": 12, "mystery": 12, "fantasy": 6,
    "science fiction": 6, "adventure": 6, "romance": 6, "drama": 6,
}  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """A planted kind of customer."""

    share: float
    loved: tuple[str, ...]
    """Genres, most loved first."""
    activity: float
    """Sessions, against the mean of all."""
    plays: float
    """Mean plays of a session that has some."""
    dayparts: tuple[float, float, float, float]
    """Shares of evening, afternoon, morning, night."""
    devices: tuple[float, float, float, float, float]
    """Shares of tv, phone, tablet, desktop, console, in the order of DEVICE_CLASSES."""
    churn: float
    """How soon its customers lose interest, against the mean of all."""
    offer_effect: float
    """Added to the logarithm of the hazard by a retention offer; above 0 it drives them away."""


SEGMENTS = {
    "families": Segment(
        0.20, ("animation", "family", "adventure", "fantasy"), 1.25, 1.7,
        (0.30, 0.45, 0.22, 0.03), (0.52, 0.10, 0.28, 0.04, 0.06), 0.7, -0.7,
    ),
    "thrill seekers": Segment(
        0.18, ("action", "thriller", "crime"), 1.00, 1.3,
        (0.70, 0.10, 0.05, 0.15), (0.50, 0.20, 0.05, 0.10, 0.15), 1.0, -0.4,
    ),
    "romantics": Segment(
        0.16, ("romance", "drama", "music"), 0.95, 1.4,
        (0.65, 0.15, 0.15, 0.05), (0.45, 0.32, 0.15, 0.07, 0.01), 0.9, -0.9,
    ),
    "laughers": Segment(
        0.14, ("comedy", "reality", "family"), 1.10, 1.5,
        (0.45, 0.30, 0.20, 0.05), (0.30, 0.52, 0.08, 0.08, 0.02), 1.1, -0.2,
    ),
    "world builders": Segment(
        0.11, ("science fiction", "fantasy", "adventure"), 1.15, 1.8,
        (0.60, 0.15, 0.05, 0.20), (0.40, 0.10, 0.06, 0.24, 0.20), 0.9, -0.5,
    ),
    "sleuths": Segment(
        0.09, ("mystery", "crime", "thriller"), 0.80, 1.6,
        (0.80, 0.10, 0.05, 0.05), (0.66, 0.08, 0.16, 0.09, 0.01), 0.8, -0.6,
    ),
    "learners": Segment(
        0.07, ("documentary", "history", "sport"), 0.60, 1.1,
        (0.35, 0.20, 0.42, 0.03), (0.36, 0.16, 0.22, 0.25, 0.01), 1.3, 0.4,
    ),
    "night owls": Segment(
        0.05, ("horror", "thriller", "science fiction"), 0.90, 1.5,
        (0.15, 0.05, 0.02, 0.78), (0.22, 0.38, 0.05, 0.25, 0.10), 1.5, 0.6,
    ),
}  # fmt: skip

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

BRAND_NAMES = (
    "Lumen Originals", "Nordlicht", "Cinéma Clair", "Harbour Lights", "Pixel Pond", "Studio Vela",
    "Arena Plus", "Retro Reel", "Kino Kosmos", "Bluebird Kids", "Open Stage", "Atlas Docs",
)  # fmt: skip
PROPERTY_NAMES = tuple(
    f"{first} {second}"
    for second in ("Saga", "Universe", "Chronicles", "League", "Files", "Cup")
    for first in (
        "Ironwood", "Starfall", "Marigold", "Tidewater", "Falcon", "Moonrise", "Cobalt", "Juniper",
        "Redstone", "Silverlake", "Thornfield", "Windmere", "Ashgrove", "Brightwell", "Copperhill",
        "Dunmore", "Eastgate", "Fairhaven", "Greywater", "Highmoor",
    )
)  # fmt: skip

# What the descriptions of titles are made of.
GENRE_PHRASES = {
    "drama": "a moving drama about what people owe each other",
    "comedy": "a comedy of errors that never slows down",
    "action": "an explosive chase with no way back",
    "thriller": "a tense thriller in which nobody can be trusted",
    "crime": "a gritty crime story between police and gangs",
    "romance": "a love story against all odds",
    "documentary": "a documentary with archive pictures and witnesses",
    "family": "an adventure for the whole family",
    "animation": "an animated tale full of colour",
    "adventure": "a journey to places that no map shows",
    "science fiction": "a vision of a future among the stars",
    "fantasy": "a world of old spells and new kings",
    "horror": "a nightmare behind every door",
    "mystery": "a riddle that a whole town keeps silent about",
    "history": "a page of history brought back to life",
    "music": "a celebration of songs and those who sing them",
    "sport": "a season of training, defeat and triumph",
    "reality": "real people in front of a camera that never stops",
}

# Kind of device: class, operating system or maker, how it names itself, weight in its class.
DEVICE_CLASSES = ("tv", "phone", "tablet", "desktop", "console")
USER_AGENTS = (
    ("tv", 0.26, "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 (KHTML, like Gecko) "
     "Version/6.0 TV Safari/538.1"),
    ("tv", 0.20, "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/79.0.3945.79 Safari/537.36 WebAppManager"),
    ("tv", 0.16, "Roku/DVP-9.10 (519.10E04111A)"),
    ("tv", 0.20, "Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7233) AppleWebKit/537.36 (KHTML, "
     "like Gecko) Chrome/88.0.4324.152 Mobile Safari/537.36"),
    ("tv", 0.18, "AppleTV11,1/11.1"),
    ("phone", 0.42, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
     "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"),
    ("phone", 0.33, "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/122.0.6261.64 Mobile Safari/537.36"),
    ("phone", 0.25, "Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/120.0.6099.43 Mobile Safari/537.36"),
    ("tablet", 0.65, "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
     "like Gecko) Version/16.6 Mobile/15E148 Safari/604.1"),
    ("tablet", 0.35, "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/119.0.6045.66 Safari/537.36"),
    ("desktop", 0.45, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/123.0.0.0 Safari/537.36"),
    ("desktop", 0.20, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:124.0) Gecko/20100101 "
     "Firefox/124.0"),
    ("desktop", 0.35, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
     "(KHTML, like Gecko) Version/17.3 Safari/605.1.15"),
    ("console", 0.60, "Mozilla/5.0 (PlayStation; PlayStation 5/4.03) AppleWebKit/605.1.15 (KHTML, "
     "like Gecko) Version/13.0 Safari/605.1.15"),
    ("console", 0.40, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) "
     "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36 Edge/108.0.1462.46"),
)  # fmt: skip
BOT_USER_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
)
APP_VERSIONS = ("3.9.2", "4.0.0", "4.1.3", "4.2.0", "5.0.1")
PLAYER_BUILDS = ("b2041", "b2042", "b2050")
ERROR_CODES = ("DRM_LICENSE", "MANIFEST_TIMEOUT", "SEGMENT_404", "DECODER", "NETWORK_LOST")
BITRATES_KBPS = (800, 1_600, 3_000, 5_800, 8_200, 16_000)

# Cities by country, in the order of COUNTRY_SHARES: region, city.
CITIES = (
    (("Berlin", "Berlin"), ("Bayern", "München"), ("Hamburg", "Hamburg"), ("Sachsen", "Leipzig"),
     ("Nordrhein-Westfalen", "Köln")),
    (("Île-de-France", "Paris"), ("Auvergne-Rhône-Alpes", "Lyon"), ("Occitanie", "Toulouse"),
     ("Bretagne", "Rennes")),
    (("England", "London"), ("Scotland", "Glasgow"), ("Wales", "Cardiff"),
     ("England", "Manchester")),
    (("Comunidad de Madrid", "Madrid"), ("Cataluña", "Barcelona"), ("Andalucía", "Sevilla")),
    (("Lazio", "Roma"), ("Lombardia", "Milano"), ("Sicilia", "Palermo")),
    (("Mazowieckie", "Warszawa"), ("Małopolskie", "Kraków")),
    (("Stockholms län", "Stockholm"), ("Skåne län", "Malmö")),
    (("Noord-Holland", "Amsterdam"), ("Zuid-Holland", "Rotterdam")),
)  # fmt: skip
TIME_ZONES = (
    "Europe/Berlin", "Europe/Paris", "Europe/London", "Europe/Madrid", "Europe/Rome",
    "Europe/Warsaw", "Europe/Stockholm", "Europe/Amsterdam",
)  # fmt: skip
# Sweden is billed in euros: three currencies are enough to get every sum wrong that mixes them.
CURRENCIES = ("EUR", "GBP", "PLN")
COUNTRY_CURRENCIES = ("EUR", "EUR", "GBP", "EUR", "EUR", "PLN", "EUR", "EUR")

# Plan: name, tier, months of a period, share, prices in the order of CURRENCIES.
PLANS = {
    "basic-monthly": ("Basic with ads", "basic", 1, 0.44, ("5.99", "4.99", "24.00")),
    "standard-monthly": ("Standard", "standard", 1, 0.34, ("10.99", "9.99", "43.00")),
    "premium-monthly": ("Premium", "premium", 1, 0.15, ("15.99", "14.99", "60.00")),
    "standard-yearly": ("Standard, one year", "standard", 12, 0.07, ("109.00", "99.00", "430.00")),
}
# From two thirds of the world on, the plan of most customers costs more.
RAISED_PLAN, RAISED_PRICES = "basic-monthly", ("6.99", "5.99", "28.00")
FAILURE_REASONS = {"insufficient_funds": 0.5, "card_expired": 0.35, "do_not_honour": 0.15}
CANCELLATION_REASONS = {
    "too_expensive": 0.30, "not_enough_to_watch": 0.30, "technical_problems": 0.12,
    "switched_service": 0.18, "": 0.10,
}  # fmt: skip

CASE_CHANNELS = {"chat": 0.40, "e-mail": 0.25, "phone": 0.20, "app": 0.15}
CASE_TOPICS = ("billing", "playback", "account", "content", "cancellation", "other")
OFFER_NAMES = ("30 percent off for three months", "one month free", "upgrade to premium for free")

# Advertisers: product category, name.
ADVERTISERS = (
    ("travel", "Wanderlust Tours"), ("food", "Golden Crust"), ("cars", "Volta Motors"),
    ("toys", "Brick Planet"), ("finance", "Harbour Bank"), ("fashion", "Linen & Lace"),
    ("games", "Pixel Forge"), ("health", "Vital Springs"),
)  # fmt: skip

SEARCH_TEXTS = (
    *(word.lower() for word in NOUNS),
    *(f"{word.lower()} film" for word in GENRES),
    "something funny", "what to watch tonight", "krimi", "film d'amour", "zażółć", "new in june",
    'series "without end"', "best of, 2025", "🎬", "kraków", "für kinder", "like the hidden river",
)  # fmt: skip

# What is said about something ({x}), by language and by sentiment: negative, neutral, positive.
# Negations are part of it: who counts words takes "not bad at all" for a complaint.
POST_PHRASES = {
    "en": (
        (
            "{x} is a waste of time", "I wanted to love {x}, but it is dull",
            "{x} was not worth the evening", "what a mess {x} is", "{x} bored me to tears",
            "nobody needs {x}", "not good, not even close: {x}", "{x} gets worse every minute",
            "I would not recommend {x}", "{x} is overrated and far too long",
            "so disappointed by {x}", "{x} never comes alive, awful pacing",
        ),
        (
            "just watched {x}", "{x} is on tonight", "is {x} dubbed or with subtitles?",
            "halfway through {x}", "{x} is from last year, I think", "who else is watching {x}?",
            "{x}, seen on a train", "second time I see {x} this month", "they talk about {x} again",
            "neither good nor bad: {x}", "{x} is two hours long", "added {x} to my list",
        ),
        (
            "I loved {x}", "{x} is brilliant", "not bad at all, {x}", "{x} was never boring",
            "could not stop watching {x}", "what a wonderful thing {x} is",
            "{x} made my week", "you can't go wrong with {x}", "{x} is a small miracle",
            "did not expect to like {x}, but I do", "best thing this year: {x}",
            "{x} is funny, warm and clever",
        ),
    ),
    "de": (
        ("{x} ist reine Zeitverschwendung", "{x} war leider langweilig",
         "von {x} bin ich enttäuscht", "{x} hat mir gar nicht gefallen"),
        ("{x} läuft heute Abend", "gerade {x} gesehen", "wer schaut noch {x}?",
         "{x} geht zwei Stunden"),
        ("{x} ist großartig", "{x} war gar nicht schlecht", "ich liebe {x}",
         "bei {x} keine Minute gelangweilt"),
    ),
    "fr": (
        ("{x}, quel ennui", "je n'ai pas aimé {x}", "{x} ne vaut pas le détour",
         "déçu par {x}"),
        ("je viens de voir {x}", "{x} passe ce soir", "qui regarde {x} ?",
         "{x} dure deux heures"),
        ("{x} est magnifique", "{x}, pas mal du tout", "j'ai adoré {x}",
         "on ne s'ennuie jamais avec {x}"),
    ),
    "es": (
        ("{x} es aburrido", "no me gustó nada {x}", "{x} es una pérdida de tiempo",
         "qué decepción {x}"),
        ("acabo de ver {x}", "esta noche ponen {x}", "¿quién ve {x}?", "{x} dura dos horas"),
        ("me encantó {x}", "{x} no está nada mal", "{x} es una maravilla",
         "no pude dejar de ver {x}"),
    ),
    "pl": (
        ("{x} to strata czasu", "nie podobało mi się {x}", "{x} jest nudne",
         "szkoda wieczoru na {x}"),
        ("właśnie oglądam {x}", "dziś wieczorem {x}", "kto ogląda {x}?", "{x} trwa dwie godziny"),
        ("{x} jest świetne", "uwielbiam {x}", "{x} wcale nie jest złe",
         "nie mogłam się oderwać: {x}"),
    ),
}  # fmt: skip
POST_LANGUAGE_SHARES = {"en": 0.72, "de": 0.10, "fr": 0.07, "es": 0.06, "pl": 0.05}
# What stands for something that is not named.
POST_PRONOUNS = {"en": "this", "de": "das hier", "fr": "ça", "es": "esto", "pl": "to"}
POST_OPENERS = {
    "": 0.62,
    "Well, ": 0.08,
    "OK, ": 0.08,
    "Honestly: ": 0.10,
    "RT ": 0.04,
    "😶 ": 0.08,
}
POST_CLOSERS = (
    (" 😡", " 👎", " 😴", "...", "!", "", "", " never again"),
    (" 📺", ".", ".", "", "", " 🤔", " :)", ""),
    (" 😍", " 👍", " 🎉", "!", "!!", "", "", " again, please"),
)
