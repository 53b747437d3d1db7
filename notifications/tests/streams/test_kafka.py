from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from notifications.streams.kafka import settings_of

OWN = {
    "group.id": "newsnotify",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "session.timeout.ms": 6_000,
}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("kafka://a:9092", {"bootstrap.servers": "a:9092"}),
        ("kafka://a:9092,b:9093", {"bootstrap.servers": "a:9092,b:9093"}),
        (
            "kafka://me:p%40ss@a:9092",
            {
                "bootstrap.servers": "a:9092",
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "PLAIN",
                "sasl.username": "me",
                "sasl.password": "p@ss",
            },
        ),
        (
            "kafka://a:9092?security.protocol=SSL&ssl.ca.location=/ca.pem&group.id=x",
            {
                "bootstrap.servers": "a:9092",
                "security.protocol": "SSL",
                "ssl.ca.location": "/ca.pem",
                "group.id": "x",
            },
        ),
    ],
)
def test_settings_are_those_of_the_url(url: str, expected: dict[str, Any]) -> None:
    assert settings_of(url) == {**OWN, **expected}


def test_option_is_refused_when_it_would_lose_messages() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"enable\.auto\.commit is no option"):
        settings_of("kafka://a:9092?enable.auto.commit=true")
