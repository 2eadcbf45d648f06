"""Kinds of devices by the user agents that they really send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.contract import Contract
from marquee.ingest import devices
from marquee.ingest.devices import app_class, device_class, device_system

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
AGENTS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36": (
        "desktop",
        "windows",
        "browser",
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15": (
        "desktop",
        "macos",
        "browser",
    ),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36": (
        "desktop",
        "chrome_os",
        "browser",
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0": (
        "desktop",
        "linux",
        "browser",
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 Safari/604.1": (
        "phone",
        "ios",
        "browser",
    ),
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36": (
        "phone",
        "android",
        "browser",
    ),
    "MarqueePlayer/3.2 (iOS 17.2; iPhone15,2)": ("phone", "ios", "native_app"),
    "StreamApp/5.1 (Android 14; Pixel 8)": ("phone", "android", "native_app"),
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) Mobile/15E148 Safari/604.1": (
        "tablet",
        "ios",
        "browser",
    ),
    f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {CHROME} Safari/537.36": (
        "tablet",
        "android",
        "browser",
    ),
    f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {CHROME} TV Safari/537.36": (
        "tv",
        "tizen",
        "tv_app",
    ),
    f"Mozilla/5.0 (Web0S; Linux/SmartTV) {CHROME} Safari/537.36 WebAppManager": (
        "tv",
        "webos",
        "tv_app",
    ),
    f"Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7233) {CHROME} Mobile Safari/537.36": (
        "tv",
        "fire_os",
        "tv_app",
    ),
    "Dalvik/2.1.0 (Linux; U; Android 11; BRAVIA 4K UR2 Build/RTT2)": ("tv", "android", "tv_app"),
    "AppleCoreMedia/1.0.0.20K71 (Apple TV; U; CPU OS 16_1 like Mac OS X; en_us)": (
        "tv",
        "tvos",
        "tv_app",
    ),
    "Roku/DVP-12.0 (12.0.0.4182-88)": ("tv", "roku_os", "tv_app"),
    "HbbTV/1.2.1 (+DRM;Samsung;SmartTV2018;T-KTM2ELAKUC;;)": ("tv", "other", "tv_app"),
    "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15": (
        "console",
        "playstation",
        "console_app",
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) Edge/44.18363.8131": (
        "console",
        "xbox",
        "console_app",
    ),
    "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4": (
        "console",
        "nintendo",
        "console_app",
    ),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": (
        "bot",
        "other",
        "bot",
    ),
    "curl/8.5.0": ("bot", "other", "bot"),
    "okhttp/4.9.3": ("other", "other", "other"),
    "something": ("other", "other", "other"),
}


@pytest.mark.parametrize("agent", AGENTS)
def test_known_agents(agent):
    """Kind of device, system and kind of app."""
    assert (device_class(agent), device_system(agent), app_class(agent)) == AGENTS[agent]


def test_pages_within_an_app_are_that_app():
    on_android = f"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) {CHROME} Mobile Safari/537.36"
    on_ios = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605 Mobile/15E148"
    assert (app_class(on_android), app_class(on_ios)) == ("native_app", "native_app")


def test_no_agent_has_no_kind():
    assert (device_class(" "), device_system(" "), app_class(" ")) == (None, None, None)


def test_the_contract_and_the_code_name_the_same_kinds(contract: Contract):
    classes = (devices.TV, devices.PHONE, devices.TABLET, devices.DESKTOP, devices.CONSOLE)
    events = contract.table("events", "events")
    assert events.column("device_class").valid_values == (*classes, devices.BOT, devices.OTHER)
    assert events.column("device_system").valid_values == devices.SYSTEM_NAMES
    assert events.column("app_class").valid_values == devices.APP_CLASSES
    found = [set(values) for values in zip(*AGENTS.values(), strict=True)]
    assert found == [
        set(events.column(name).valid_values)
        for name in ("device_class", "device_system", "app_class")
    ]


@given(st.text(max_size=80))
def test_any_text_gives_one_of_the_names(agent):
    """What stands in an agent never leaves this module."""
    assert device_system(agent) in (None, *devices.SYSTEM_NAMES)
    assert app_class(agent) in (None, *devices.APP_CLASSES)
