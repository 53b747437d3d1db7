"""What `DATABASE_URL` means: SQLite tuned for one busy process, MySQL for many."""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

EXAMPLE = "sqlite:///path/to/file.sqlite3 or mysql://user:password@host:3306/database"


def database(url: str, *, base: Path) -> dict[str, Any]:
    """Turn a database URL into Django's settings; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        return sqlite(base / unquote(parts.path.removeprefix("/")))
    if parts.scheme == "mysql" and parts.hostname and parts.path.strip("/"):
        return _mysql(parts)
    raise ValueError(url)


def sqlite(path: Path) -> dict[str, Any]:
    """Keep everything in the file at `path`, whose folder is made; raises ValueError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{path.parent}: {error.strerror}") from error
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "TEST": {"NAME": path.with_name(f"test_{path.name}")},  # a file, since threads share it
        "OPTIONS": {
            # Without IMMEDIATE half of all concurrent writes fail at once: a transaction
            # that began by reading cannot wait for the writer it meets.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # Pages of 16 kB, in a file that is not made yet: articles fill them, and the file is
            # a fifth smaller. The log goes into the file every 16 MB instead of 4: a crawl of
            # many new articles then waits half as long for its commits.
            "init_command": "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; "
            "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=1000;",
        },
    }


def _mysql(parts: SplitResult) -> dict[str, Any]:
    options: dict[str, Any] = {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        "connect_timeout": 5,
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES', innodb_lock_wait_timeout=20",
    }
    query = parse_qs(parts.query, strict_parsing=bool(parts.query))
    if unknown := query.keys() - {"ssl_ca", "unix_socket"}:
        raise ValueError(f"unknown options: {unknown}")
    if authority := query.get("ssl_ca"):
        options["ssl"] = {"ca": authority[0]}
        # Without it a server of another name is taken, and one without TLS spoken to in plain.
        options["ssl_mode"] = "VERIFY_IDENTITY"
    if socket := query.get("unix_socket"):
        options["unix_socket"] = socket[0]
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port or 3306,
        "OPTIONS": options,
        "TEST": {"CHARSET": "utf8mb4"},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
