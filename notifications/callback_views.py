"""`/webhooks/email/SERVICE`: where mail services tell what became of letters.

Anymail checks who calls, by the password or the signature that was agreed on, and reads the
formats. What is no news, or about letters of others, is taken and counted: a service would only
send again what is refused.
"""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsnotify.lib import counts
from notifications import reports
from notifications.transports.mail_reports import Report, report_of

log = logging.getLogger(__name__)

# Loaded by the first call: boto3 takes a second.
READERS = {
    "sendgrid": "anymail.webhooks.sendgrid.SendGridTrackingWebhookView",
    "mailgun": "anymail.webhooks.mailgun.MailgunTrackingWebhookView",
    "postmark": "anymail.webhooks.postmark.PostmarkTrackingWebhookView",
    "ses": "anymail.webhooks.amazon_ses.AmazonSESTrackingWebhookView",
}
STRANGER = (
    "Neither password nor signature is what was agreed on: see EMAIL_WEBHOOK_SECRET and "
    "EMAIL_WEBHOOK_KEY."
)
UNREADABLE = "This is no event of a letter that was sent."
REFUSED, UNREAD, IGNORED = "refused", "unreadable", "ignored"


class _NoServiceError(Exception):
    """The service has to be asked something before its call can be taken, and did not answer."""


@csrf_exempt
@login_not_required
@require_http_methods(["POST", "HEAD"])
def email_callback(request: HttpRequest, service: str) -> HttpResponse:
    if service != settings.EMAIL_WEBHOOK_SERVICE:
        raise Http404
    if request.method == "HEAD":  # some ask so whether anybody is here, without a word of who
        return HttpResponse()
    reader = import_string(READERS[service])()
    reader.setup(request)
    try:
        if not _is_known(reader, request):
            return _refused(request, service)
        found = [report_of(service, event) for event in _events(reader, request)]
    except _NoServiceError:
        return HttpResponse(status=503, headers={"Retry-After": "60"})
    except Exception as error:  # noqa: BLE001 - anymail raises whatever a stranger's JSON makes of it
        log.info("callback not read", extra={"service": service, "error": type(error).__name__})
        return _answer(service, UNREAD, 400, UNREADABLE)
    _take(found, service)
    return HttpResponse()


def _is_known(reader: Any, request: HttpRequest) -> bool:
    from anymail.exceptions import AnymailWebhookValidationFailure

    try:
        reader.run_validators(request)
    except AnymailWebhookValidationFailure:
        return False
    return True


def _events(reader: Any, request: HttpRequest) -> list[Any]:
    try:
        return list(reader.parse_events(request))
    except Exception as error:
        if type(error).__module__.startswith("botocore"):  # Amazon wants its topic confirmed
            log.exception("topic not confirmed")
            raise _NoServiceError from error
        raise


def _take(found: list[Report | None], service: str) -> None:
    heard = [report for report in found if report]
    counted = reports.take(heard, service, now())
    counted[IGNORED] = len(found) - len(heard)
    for result, count in counted.items():
        counts.CALLBACKS.labels(service, result).inc(count)


def _refused(request: HttpRequest, service: str) -> HttpResponse:
    """Turn a stranger away; Amazon gives its password only when it is asked for one."""
    is_asked = "WEBHOOK_SECRET" in settings.ANYMAIL and "Authorization" not in request.headers
    response = _answer(service, REFUSED, 401 if is_asked else 403, STRANGER)
    if is_asked:
        response["WWW-Authenticate"] = 'Basic realm="NewsNotify"'
    return response


def _answer(service: str, result: str, status: int, words: str) -> HttpResponse:
    counts.CALLBACKS.labels(service, result).inc()
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain")
