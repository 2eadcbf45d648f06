"""What a user agent tells: kind of device, its system, and what kind of app sent it.

By the rules that ua-parser carries. They name brand and model of a device and its system; which of
them are televisions, tablets or browsers is said here. Only names from short lists leave this
module: what the rules copy out of an agent could be anything.
"""

from __future__ import annotations

from functools import lru_cache

from ua_parser import Result, parse

TV = "tv"
PHONE = "phone"
TABLET = "tablet"
DESKTOP = "desktop"
CONSOLE = "console"
BOT = "bot"
OTHER = "other"

IOS, ANDROID, WINDOWS, MACOS, LINUX = "ios", "android", "windows", "macos", "linux"
TVOS, CHROME_OS, FIRE_OS, TIZEN = "tvos", "chrome_os", "fire_os", "tizen"
WEBOS, ROKU_OS, PLAYSTATION, XBOX, NINTENDO = "webos", "roku_os", "playstation", "xbox", "nintendo"
SYSTEM_NAMES = (
    IOS, ANDROID, WINDOWS, MACOS, LINUX, TVOS, CHROME_OS, FIRE_OS, TIZEN, WEBOS, ROKU_OS,
    PLAYSTATION, XBOX, NINTENDO, OTHER,
)  # fmt: skip

BROWSER = "browser"
NATIVE_APP = "native_app"
TV_APP = "tv_app"
CONSOLE_APP = "console_app"
APP_CLASSES = (BROWSER, NATIVE_APP, TV_APP, CONSOLE_APP, BOT, OTHER)

REMEMBERED = 100_000
"""Distinct user agents whose kinds are kept from file to file; the next day brings the same."""

BOT_DEVICE = "Spider"
BOT_WORDS = ("bot/", "crawler", "spider", "headlesschrome", "curl/", "python-requests", "wget/")
CONSOLE_WORDS = ("playstation", "xbox", "nintendo")
TV_WORDS = (
    "smart-tv", "smarttv", "smart tv", "hbbtv", "googletv", "google tv", "android tv", "androidtv",
    "appletv", "apple tv", "tvos", "roku", "bravia", "netcast", "web0s", "webos.tv", "webostv",
    "viera", "vidaa", "crkey", "chromecast", "aquos", "philipstv", "opera tv", "tizen tv",
    "fire tv", "firetv", "shield android", "mibox", "mitv", "large screen",
)  # fmt: skip
FIRE_TV_DEVICE = "AFT"
"""All of Amazon's television devices are called so, and nothing else is."""
TV_SYSTEMS = frozenset({"tvOS", "ATV OS X", "webOS", "Roku", "FireOS TV", "Chromecast", "GoogleTV"})
TABLET_WORDS = ("ipad", "tablet", "kindle", "playbook", "silk/")
PHONE_WORDS = ("iphone", "ipod", "windows phone", "mobile")
PHONE_SYSTEMS = frozenset({"iOS", "Windows Phone", "BlackBerry OS", "Symbian OS", "KaiOS"})
SYSTEM_WORDS = (
    ("playstation", PLAYSTATION), ("xbox", XBOX), ("nintendo", NINTENDO), ("apple tv", TVOS),
    ("appletv", TVOS), ("tvos", TVOS), ("roku", ROKU_OS), ("web0s", WEBOS), ("webos", WEBOS),
    ("tizen", TIZEN), ("fire tv", FIRE_OS), ("firetv", FIRE_OS),
)  # fmt: skip
"""What says the system wherever it stands: the rules tell of some what they are built on."""
SYSTEMS = {
    "iOS": IOS, "Android": ANDROID, "Windows": WINDOWS, "Windows Phone": WINDOWS,
    "Mac OS X": MACOS, "Mac OS": MACOS, "Linux": LINUX, "Ubuntu": LINUX, "Debian": LINUX,
    "Fedora": LINUX, "Red Hat": LINUX, "SUSE": LINUX, "Arch Linux": LINUX, "Gentoo": LINUX,
    "Mandriva": LINUX, "Chrome OS": CHROME_OS, "ATV OS X": TVOS, "tvOS": TVOS, "webOS": WEBOS,
    "Roku": ROKU_OS, "Tizen": TIZEN, "FireOS TV": FIRE_OS, "GoogleTV": ANDROID,
    "Chromecast": ANDROID,
}  # fmt: skip
BROWSER_ENGINES = ("applewebkit/", "gecko/", "trident/", "presto/", "safari/")
"""What a browser names; a native app names itself and its system alone."""
WEB_VIEW = "; wv)"
"""Android's own word for a page within an app."""
DESKTOP_SYSTEMS = frozenset(
    {
        "Windows", "Mac OS X", "Linux", "Ubuntu", "Debian", "Fedora", "Chrome OS", "FreeBSD",
        "OpenBSD", "Red Hat", "SUSE", "Arch Linux", "Gentoo", "Mandriva", "Solaris", "Mac OS",
    }
)  # fmt: skip


@lru_cache(REMEMBERED)
def device_class(user_agent: str) -> str | None:
    """Kind of device: tv, phone, tablet, desktop, console, bot or other; None for a blank text."""
    if not user_agent.strip():
        return None
    return _class_of(user_agent.casefold(), _parsed(user_agent))


@lru_cache(REMEMBERED)
def device_system(user_agent: str) -> str | None:
    """System of the device, one of `SYSTEM_NAMES`; None for a blank text."""
    if not user_agent.strip():
        return None
    text, found = user_agent.casefold(), _parsed(user_agent)
    for word, system in SYSTEM_WORDS:
        if word in text:
            return system
    if found.device and found.device.family.startswith(FIRE_TV_DEVICE):
        return FIRE_OS
    return SYSTEMS.get(found.os.family, OTHER) if found.os else OTHER


@lru_cache(REMEMBERED)
def app_class(user_agent: str) -> str | None:
    """Kind of app, one of `APP_CLASSES`; None for a blank text.

    What runs on a television or a console is an app of it, a page within an app is that app.
    """
    kind = device_class(user_agent)
    if kind in (TV, CONSOLE, BOT, None):
        return {TV: TV_APP, CONSOLE: CONSOLE_APP, BOT: BOT}.get(kind or "")
    text = user_agent.casefold()
    if text.startswith("mozilla/") and WEB_VIEW not in text:
        # A page within an app on iOS names the engine, but no browser.
        is_page_in_app = device_system(user_agent) == IOS and "safari/" not in text
        is_browser = any(engine in text for engine in BROWSER_ENGINES) and not is_page_in_app
        return BROWSER if is_browser else NATIVE_APP
    return OTHER if kind == OTHER else NATIVE_APP


@lru_cache(REMEMBERED)
def _parsed(user_agent: str) -> Result:
    return parse(user_agent)


def _class_of(text: str, found: Result) -> str:
    system = found.os.family if found.os else ""
    device = found.device.family if found.device else ""

    def says(words: tuple[str, ...]) -> bool:
        return any(word in text for word in words)

    # In this order: a robot may call itself a phone, a television runs Android or Linux, and a
    # phone's agent names the desktop system that it is like.
    if device == BOT_DEVICE or says(BOT_WORDS):
        return BOT
    if says(CONSOLE_WORDS):
        return CONSOLE
    is_tizen_tv = system == "Tizen" and "mobile" not in text
    is_tv = system in TV_SYSTEMS or is_tizen_tv or device.startswith(FIRE_TV_DEVICE)
    if is_tv or says(TV_WORDS):
        return TV
    if says(TABLET_WORDS):
        return TABLET
    if system == "Android":
        # Google asks makers to leave the word out on tablets.
        return PHONE if "mobile" in text or not text.startswith("mozilla/") else TABLET
    if system in PHONE_SYSTEMS or says(PHONE_WORDS):
        return PHONE
    return DESKTOP if system in DESKTOP_SYSTEMS else OTHER
