"""What kind of device a user agent belongs to, by the rules that ua-parser carries.

The rules name brand and model of a device and its system; which of them are televisions or tablets
is said here.
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

REMEMBERED = 100_000
"""Distinct user agents whose class is kept from file to file; the next day brings the same ones."""

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
    return _class_of(user_agent.casefold(), parse(user_agent))


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
