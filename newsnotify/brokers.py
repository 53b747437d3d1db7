"""What TLS in `CELERY_BROKER_URL` means: the server's certificate and its name are checked.

kombu by itself speaks plain TCP to `rediss://` without options, and to `amqps://` takes a
certificate of any name; so we tell it. Options in the URL are those of redis-py for both:
`ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`, `ssl_cert_reqs` (required or none).
"""

import ssl
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

EXAMPLE = "redis://host:6379/0 or amqp://user:password@host:5672/vhost; rediss, amqps with TLS"

_FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
_CHECKS = {"required": ssl.CERT_REQUIRED, "none": ssl.CERT_NONE}


def secured(url: str) -> tuple[str, dict[str, Any] | None]:
    """Split a broker's URL into one without TLS options, and Celery's `broker_use_ssl`.

    Raises ValueError for options nobody knows.
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, strict_parsing=bool(parts.query))
    options = {name: value for name, value in query if name.startswith("ssl_")}
    rest = urlencode([pair for pair in query if pair[0] not in options])
    if options.keys() - _FILES - {"ssl_cert_reqs"}:
        raise ValueError(f"unknown options: {options.keys()}")
    plain = parts._replace(query=rest).geturl()
    if parts.scheme == "rediss":
        return plain, _of_redis(options)
    if parts.scheme == "amqps":
        return plain, _of_amqp(options, parts.hostname)
    if options:
        raise ValueError(f"without TLS: {options.keys()}")
    return plain, None


def _of_redis(options: dict[str, str]) -> dict[str, Any]:
    return options | {"ssl_cert_reqs": _check(options)}


def _of_amqp(options: dict[str, str], host: str | None) -> dict[str, Any]:
    files = {name.removeprefix("ssl_"): options[name] for name in _FILES & options.keys()}
    check = _check(options)
    name = {"server_hostname": host} if check else {}  # with it the name is checked, too
    return {**files, **name, "cert_reqs": check}


def _check(options: dict[str, str]) -> ssl.VerifyMode:
    wanted = options.get("ssl_cert_reqs", "required")
    if wanted not in _CHECKS:
        raise ValueError(wanted)
    return _CHECKS[wanted]
