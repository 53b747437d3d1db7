import pytest
from django.db import connection

from newsnotify.lib.impatience import hurry
from newsnotify.lib.lookouts import Lookout

pytestmark = pytest.mark.django_db(transaction=True)


def test_thread_hurries_and_no_other() -> None:
    def look() -> dict[str, object]:
        hurry(7)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return dict(connection.settings_dict["OPTIONS"])

    name = {"mysql": "read_timeout", "sqlite": "timeout"}[connection.vendor]
    assert Lookout(look).answer()[name] == 7
    assert connection.settings_dict["OPTIONS"].get(name) != 7
