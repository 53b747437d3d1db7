from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.second_factor import totp

# "12345678901234567890" in base32, and what RFC 6238, appendix B, says of it; of eight digits
# these are the last six.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
TABLE = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), TABLE)
def test_code_is_the_one_of_the_standard(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert totp.code(SECRET, totp.step_at(moment)) == code
    assert totp.step_of(SECRET, code, moment) == seconds // 30


@pytest.mark.parametrize(("late", "is_good"), [(-2, False), (-1, True), (0, True), (1, True)])
def test_code_is_good_a_step_before_and_after_its_time(late: int, is_good: bool) -> None:
    moment = datetime.fromtimestamp(1_000_000_000, UTC)
    step = totp.step_at(moment)
    found = totp.step_of(SECRET, totp.code(SECRET, step + late), moment)
    assert found == (step + late if is_good else None)


@pytest.mark.parametrize("text", ["", "1", "1234567", "abcdef", "28708a"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert totp.step_of(SECRET, text, datetime.fromtimestamp(59, UTC)) is None


def test_secrets_are_of_160_bits_and_go_into_an_address_that_apps_read() -> None:
    secret = totp.new_secret()
    assert (len(secret), secret == totp.new_secret()) == (32, False)
    parts = urlsplit(totp.uri(secret, "ann+news@example.org"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/NewsNotify%3Aann%2Bnews%40example.org"
    assert parse_qs(parts.query) == {"secret": [secret], "issuer": ["NewsNotify"]}
