import pytest
from django.conf import LazySettings

from newsnotify.lib.encryption import DecryptionError, EncryptedField, decrypt, encrypt

KEYS = ("the first key, of 32 bytes or more", "the second key, of 32 bytes or more")


@pytest.mark.parametrize("text", ["", "x", "Привет 🌍", "a" * 10_000])
def test_text_is_read_again_and_never_looks_the_same(text: str) -> None:
    token, again = encrypt(text, purpose="tests"), encrypt(text, purpose="tests")
    assert decrypt(token, purpose="tests") == text
    assert token != again
    assert token.isascii()


def test_text_is_read_by_a_former_key_until_that_is_forgotten(settings: LazySettings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEYS[0], []
    token = encrypt("x", purpose="tests")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEYS[1], [KEYS[0]]
    assert decrypt(token, purpose="tests") == "x"
    newer = encrypt("y", purpose="tests")
    settings.SECRET_KEY_FALLBACKS = []
    assert decrypt(newer, purpose="tests") == "y"
    with pytest.raises(DecryptionError):
        decrypt(token, purpose="tests")


@pytest.mark.parametrize("spoil", [str.swapcase, lambda _: "", lambda _: "é", lambda t: t[:-4]])
def test_what_is_not_ours_is_refused(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(DecryptionError, match="tests"):
        decrypt(spoil(encrypt("x", purpose="tests")), purpose="tests")


def test_what_was_stored_for_one_purpose_opens_nothing_elsewhere() -> None:
    with pytest.raises(DecryptionError):
        decrypt(encrypt("x", purpose="tests"), purpose="others")


def test_field_is_plain_in_code_and_encrypted_in_the_database() -> None:
    field = EncryptedField(purpose="tests")
    stored = field.get_prep_value("x")
    assert stored != "x"
    assert decrypt(stored, purpose="tests") == "x"
    assert field.from_db_value(stored, None, None) == "x"  # type: ignore[arg-type]
    assert field.deconstruct()[3] == {"purpose": "tests"}
    assert (field.get_prep_value(""), field.get_prep_value(None)) == ("", None)
