"""`up` with a certificate: https and wss, and a clear word when the files cannot be meant."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from newsnotify.tests.certificates import Authority, Issued
from newsnotify.tests.processes import Product
from newsnotify.tests.test_settings import run

pytestmark = pytest.mark.anywhere

PASSWORD = "a reader of tests"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def files(issued: Issued) -> dict[str, str]:
    return {"TLS_CERT_FILE": str(issued.certificate), "TLS_KEY_FILE": str(issued.key)}


@pytest.fixture(scope="module")
def product(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data_dir = tmp_path_factory.mktemp("data")
    with Product(data_dir, **files(authority.issue("127.0.0.1"))) as started:
        yield started


@pytest.fixture
def client(authority: Authority) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False  # or a bundle named in the environment is taken instead of ours
        session.verify = str(authority.file)
        yield session


def secure(product: Product) -> str:
    return product.url.replace("http:", "https:")


def token(client: requests.Session, url: str) -> str:
    body = {"email": "ann@example.org", "password": PASSWORD}
    client.post(f"{url}/api/v1/auth/register", json=body, timeout=10)
    answer = client.post(f"{url}/api/v1/auth/token", json=body, timeout=10)
    return str(answer.json()["access_token"])


def test_up_says_https_and_serves_pages_with_secure_cookies(
    product: Product, client: requests.Session
) -> None:
    answer = client.get(f"{secure(product)}/account/login", timeout=10)
    assert f"NewsNotify is ready on {secure(product)}\n" in product.output
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert all(cookie.secure for cookie in client.cookies)
    form = {"username": "nobody@example.org", "password": "x"}
    form["csrfmiddlewaretoken"] = client.cookies["csrftoken"] or ""
    page = {"Referer": answer.url}
    answer = client.post(answer.url, form, headers=page, timeout=10)
    assert answer.status_code == 200  # the form again, not the 403 of a foreign page


def test_socket_opens_over_wss_and_checks_the_origin(
    product: Product, client: requests.Session, authority: Authority
) -> None:
    url = secure(product)
    trusting = ssl.create_default_context(cafile=str(authority.file))
    address = f"{url.replace('https', 'wss')}/ws?token={token(client, url)}"
    with connect(address, ssl=trusting, origin=Origin(url)):
        pass
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, ssl=trusting, origin=Origin(product.url))


def test_plain_http_gets_no_answer_where_https_is_spoken(product: Product) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{product.url}/livez", timeout=10)


def test_stranger_s_certificate_is_refused_by_clients(product: Product, tmp_path: Path) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(Authority(tmp_path).file)
        with pytest.raises(requests.exceptions.SSLError):
            session.get(secure(product), timeout=10)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mismatched", "TLS_KEY_FILE: '{key}' is not usable; expected the key of the certificate"),
        ("expired", "TLS_CERT_FILE: '{certificate}' is not usable; expected a certificate that is"),
        ("swapped", "TLS_CERT_FILE: '{key}' is not usable; expected a readable certificate in PEM"),
        ("locked", "TLS_KEY_FILE: '{key}' is not usable; expected the key of the certificate"),
    ],
)
def test_up_names_the_variable_when_a_file_is_not_what_it_should_be(
    name: str, expected: str, authority: Authority, tmp_path: Path
) -> None:
    wrong = broken(name, authority, tmp_path)
    variables = files(wrong)
    if name == "swapped":
        variables = {"TLS_CERT_FILE": str(wrong.key), "TLS_KEY_FILE": str(wrong.certificate)}
    code, out, err = run(tmp_path, "manage.py", "up", **variables)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert err.startswith(expected.format(key=wrong.key, certificate=wrong.certificate))


def broken(name: str, authority: Authority, folder: Path) -> Issued:
    good = authority.issue("127.0.0.2")
    if name == "mismatched":
        return Issued(good.certificate, authority.issue("127.0.0.3").key)
    if name == "expired":
        return authority.issue("127.0.0.4", ends=-timedelta(days=1))
    if name == "locked":
        return Issued(good.certificate, locked(good.key, folder / "locked.key"))
    return good


def locked(key: Path, target: Path) -> Path:
    """Write a key anew under a password."""
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    opened = load_pem_private_key(key.read_bytes(), None)
    password = BestAvailableEncryption(b"password")
    target.write_bytes(opened.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, password))
    return target
