"""Kinds of devices by the user agents that they really send."""

import pytest

from marquee.contract import Contract
from marquee.ingest import devices
from marquee.ingest.devices import device_class

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
AGENTS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36": "desktop",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15": "desktop",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36": "desktop",
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0": "desktop",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 Safari/604.1": "phone",
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36": "phone",
    "MarqueePlayer/3.2 (iOS 17.2; iPhone15,2)": "phone",
    "StreamApp/5.1 (Android 14; Pixel 8)": "phone",
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) Mobile/15E148 Safari/604.1": "tablet",
    f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {CHROME} Safari/537.36": "tablet",
    f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {CHROME} TV Safari/537.36": "tv",
    f"Mozilla/5.0 (Web0S; Linux/SmartTV) {CHROME} Safari/537.36 WebAppManager": "tv",
    f"Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7233) {CHROME} Mobile Safari/537.36": "tv",
    "Dalvik/2.1.0 (Linux; U; Android 11; BRAVIA 4K UR2 Build/RTT2)": "tv",
    "AppleCoreMedia/1.0.0.20K71 (Apple TV; U; CPU OS 16_1 like Mac OS X; en_us)": "tv",
    "Roku/DVP-12.0 (12.0.0.4182-88)": "tv",
    "HbbTV/1.2.1 (+DRM;Samsung;SmartTV2018;T-KTM2ELAKUC;;)": "tv",
    "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15": "console",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) Edge/44.18363.8131": "console",
    "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4": "console",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "bot",
    "curl/8.5.0": "bot",
    "okhttp/4.9.3": "other",
    "something": "other",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_known_agents(agent):
    assert device_class(agent) == AGENTS[agent]


def test_no_agent_has_no_class():
    assert device_class(" ") is None


def test_the_contract_and_the_code_name_the_same_classes(contract: Contract):
    names = (devices.TV, devices.PHONE, devices.TABLET, devices.DESKTOP, devices.CONSOLE)
    column = contract.table("events", "events").column("device_class")
    assert column.valid_values == (*names, devices.BOT, devices.OTHER)
    assert set(AGENTS.values()) == set(column.valid_values)
