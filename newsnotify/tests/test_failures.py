"""What is answered when something breaks in the middle of a request."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from newsnotify import urls
from newsnotify.failures import server_error

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]

ERRORS = {"away": OperationalError(2003), "lost": InterfaceError(0), "bug": ValueError("a bug")}


@login_not_required
def broken(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


urlpatterns = [
    path("api/v1/broken/<name>", broken),
    path("broken/<name>", broken),
    *urls.urlpatterns,
]
handler500 = server_error


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("name", ["away", "lost"])
def test_api_says_503_and_when_to_come_back_when_the_database_is_away(
    client: Client, name: str
) -> None:
    answer = client.get(f"/api/v1/broken/{name}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["detail"] == "The database does not answer; try again in 5 s."


def test_page_says_503_and_how_everything_is_when_the_database_is_away(client: Client) -> None:
    answer = client.get("/broken/away")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Back in a moment" in answer.content.decode()
    assert "Message broker" in answer.content.decode()


def test_bug_stays_a_500_in_the_caller_s_language(client: Client) -> None:
    api, page = client.get("/api/v1/broken/bug"), client.get("/broken/bug")
    assert (api.status_code, page.status_code) == (500, 500)
    assert "Something broke" in api.json()["detail"]
    assert "Something broke on our side" in page.content.decode()
