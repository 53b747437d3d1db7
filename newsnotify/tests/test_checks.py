import pytest
from pytest_django.fixtures import Settings

from newsnotify.checks import open_ingest


@pytest.mark.parametrize("is_open", [True, False])
def test_deployment_is_warned_of_when_ingest_is_open(settings: Settings, is_open: bool) -> None:
    settings.OPEN_INGEST = is_open
    assert [warning.id for warning in open_ingest()] == ["newsnotify.W001"] * is_open
