"""A database that is silent, rather than gone, would keep a thread waiting for ever."""

from django.db import connection

_LIMITS = {"mysql": ("connect_timeout", "read_timeout", "write_timeout"), "sqlite": ("timeout",)}


def hurry(seconds: int) -> None:
    """Let the database keep this thread waiting no longer; what is connected is closed."""
    limits = dict.fromkeys(_LIMITS[connection.vendor], seconds)
    given = connection.settings_dict
    connection.close()
    connection.settings_dict = {**given, "OPTIONS": {**given["OPTIONS"], **limits}}
