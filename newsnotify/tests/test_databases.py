from pathlib import Path

import pytest

from newsnotify.databases import database


def test_sqlite_file_is_relative_to_the_base_when_its_path_is(tmp_path: Path) -> None:
    found = database("sqlite:///data/a%20b.sqlite3", base=tmp_path)
    assert found["NAME"] == tmp_path / "data" / "a b.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert (tmp_path / "data").is_dir()


def test_sqlite_file_is_where_its_path_says_when_it_is_absolute(tmp_path: Path) -> None:
    found = database(f"sqlite:///{tmp_path}/a.sqlite3", base=Path("/elsewhere"))
    assert found["NAME"] == tmp_path / "a.sqlite3"


def test_mysql_gets_what_the_url_says(tmp_path: Path) -> None:
    url = "mysql://us%40er:p%2Fw@host:3307/name?ssl_ca=/ca.pem&unix_socket=/run/m.sock"
    found = database(url, base=tmp_path)
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "us@er",
        "p/w",
        "host",
        3307,
        "name",
    ]
    assert found["OPTIONS"]["ssl"] == {"ca": "/ca.pem"}
    assert found["OPTIONS"]["ssl_mode"] == "VERIFY_IDENTITY"
    assert found["OPTIONS"]["unix_socket"] == "/run/m.sock"
    assert found["OPTIONS"]["isolation_level"] == "read committed"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://h/db",
        "mysql://host",
        "mysql:///db",
        "mysql://h:99999/db",
        "mysql://h:x/db",
        "mysql://h/db?sslmode=require",
        "mysql://h/db?nonsense",
        "sqlite://",
        "sqlite:///",
        "sqlite://file.sqlite3",
        "sqlite:////dev/null/file.sqlite3",
        "file.sqlite3",
    ],
)
def test_database_is_refused_when_the_url_cannot_be_meant(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"."):
        database(url, base=tmp_path)
