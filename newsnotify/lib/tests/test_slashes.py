import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from newsnotify.lib.slashes import EitherSlashMiddleware


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/", "/"),
        ("/api/v1/topics", "/api/v1/topics"),
        ("/api/v1/topics/", "/api/v1/topics"),
        ("/api/v1/topics//", "/api/v1/topics/"),
        ("/admin/", "/admin/"),
        ("/admin/news/source/", "/admin/news/source/"),
        ("/static/x/", "/static/x/"),
        ("/administration/", "/administration"),
    ],
)
def test_path_loses_one_slash_at_its_end_when_it_is_ours(asked: str, seen: str) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.path_info)

    # The factory takes "//" for the beginning of a host, so the path is set apart.
    request = RequestFactory().get("/")
    request.path_info = asked
    assert EitherSlashMiddleware(view)(request).content.decode() == seen  # type: ignore[attr-defined]
