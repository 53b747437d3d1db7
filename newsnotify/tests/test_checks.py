import pytest
from pytest_django.fixtures import Settings

from newsnotify.checks import no_callbacks, open_ingest


@pytest.mark.parametrize("is_open", [True, False])
def test_deployment_is_warned_of_when_ingest_is_open(settings: Settings, is_open: bool) -> None:
    settings.OPEN_INGEST = is_open
    assert [warning.id for warning in open_ingest()] == ["newsnotify.W001"] * is_open


@pytest.mark.parametrize(
    ("url", "service", "remedy"),
    [
        ("postmark://token", "", "set EMAIL_WEBHOOK_SECRET, and have postmark call"),
        ("mailgun://key@mg.example.org", "", "set EMAIL_WEBHOOK_KEY, and have mailgun call"),
        ("postmark://token", "postmark", ""),
        ("smtp://mail.lan", "", ""),
        ("", "", ""),
    ],
)
def test_deployment_is_warned_of_when_a_mail_service_cannot_tell_anybody(
    settings: Settings, url: str, service: str, remedy: str
) -> None:
    settings.EMAIL_URL, settings.EMAIL_WEBHOOK_SERVICE = url, service
    found = [(warning.id, str(warning.hint)) for warning in no_callbacks()]
    assert bool(found) == bool(remedy)
    for name, hint in found:
        assert (name, hint.startswith(remedy)) == ("newsnotify.W002", True)
