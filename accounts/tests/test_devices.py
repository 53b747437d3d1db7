import pytest

from accounts.devices import device

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{LINUX} Gecko/20100101 Firefox/144.0", "Firefox on Linux"),
        (f"{WINDOWS} Chrome/142.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        (f"{MAC} Version/18.1 Safari/605.1.15", "Safari on macOS"),
        (f"{IPHONE} CriOS/142.0 Mobile Safari/604.1", "Chrome on iPhone"),
        (
            f"{ANDROID} SamsungBrowser/28.0 Chrome/130.0 Mobile",
            "Samsung Internet on Android",
        ),
        ("python-requests/2.32.3", "python-requests"),
        ("Reeder/5050001 CFNetwork/1568.200.51 Darwin/24.1.0", "Reeder"),
        ("NetNewsWire (RSS Reader; https://netnewswire.com/)", "NetNewsWire"),
        ("FeedMe/4.2 (Linux; Android 14)", "FeedMe on Android"),
        ("Mozilla/5.0", ""),
        ("", ""),
        ("\x00<script>", ""),
        ("a" * 5000, ""),
    ],
)
def test_device_is_named_as_people_say(user_agent: str, name: str) -> None:
    assert device(user_agent) == name
