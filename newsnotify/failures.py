"""What is answered when something broke: not a 500 when it is only that the database is away."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error as page_of_500

from newsnotify.health import examiner

RETRY_SECONDS = 5


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer for an exception that nobody caught, in JSON below `/api/`."""
    # Django calls its handler500 while the exception is being handled, middlewares' included.
    is_away = isinstance(sys.exception(), OperationalError | InterfaceError)
    if is_away:
        return _unavailable(request)
    if _is_api(request):
        body = {"detail": _("Something broke on our side; it has been noted.")}
        return JsonResponse(body, status=500)
    return page_of_500(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    headers = {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
    if _is_api(request):
        why = _("The database does not answer; try again in %(n)s s.") % {"n": RETRY_SECONDS}
        body = {"detail": why}
        return JsonResponse(body, status=503, headers=headers)
    page = render_to_string("503.html", {"health": examiner.health()})
    return HttpResponse(page, status=503, headers=headers)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
