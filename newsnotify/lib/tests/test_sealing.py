import pytest
from pytest_django.fixtures import Settings

from newsnotify.lib.sealing import SealError, seal, unseal


def test_sealed_values_are_read_again_and_tell_nothing_meanwhile() -> None:
    text = seal({"url": "https://example.org/secret", "secrets": ["whsec_1"]})
    assert unseal(text) == {"url": "https://example.org/secret", "secrets": ["whsec_1"]}
    assert "secret" not in text
    assert seal({}) == ""
    assert unseal("") == {}


def test_former_key_still_opens_and_an_unknown_one_does_not(settings: Settings) -> None:
    text, former = seal({"a": 1}), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [former]
    assert unseal(text) == {"a": 1}
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SealError, match="SECRET_KEY_FALLBACKS"):
        unseal(text)


def test_what_was_tampered_with_is_refused() -> None:
    text = seal({"a": 1})
    with pytest.raises(SealError):
        unseal(text[:-4] + "AAAA")
