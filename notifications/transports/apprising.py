"""One call of Apprise: one service, no redirects, no retries, a bounded time, an outcome."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat
from django.conf import settings

from notifications.transports import details
from notifications.transports.base import Outcome, Result

CONNECT_SECONDS, ANSWER_SECONDS, LONGEST_SECONDS = 5, 10, 30
TERMS: dict[str, Any] = {
    "redirect": False,
    "retry": 0,
    "verify": True,
    "detect_owner": False,  # Telegram would ask its service whom to write to
    "cto": CONNECT_SECONDS,
    "rto": ANSWER_SECONDS,
}
_STATUS = re.compile(r"\berror=(\d{3})\b")  # how its plugins tell of an answer that is not 2xx
_GONE, _WAIT = {404, 410}, {408, 425, 429}
_threads = ThreadPoolExecutor(8, "apprise")


@cache
def asset() -> AppriseAsset:
    """Say who is calling, and on which terms."""
    return AppriseAsset(
        app_id="NewsNotify",
        app_desc="NewsNotify",
        app_url=settings.PUBLIC_URL,
        image_url_mask="",
        http_redirects=False,
        default_service_retry=0,
        secure_logging=True,
    )


async def call(plugin: NotifyBase, *, title: str, body: str) -> Outcome:
    """Send through one plugin of Apprise, in a thread, since it knows nothing of event loops."""
    loop = asyncio.get_running_loop()
    call = loop.run_in_executor(_threads, _call, plugin, title, body)
    try:
        return await asyncio.wait_for(call, LONGEST_SECONDS)
    except TimeoutError:
        late = details.SERVICE_LATE % {"n": LONGEST_SECONDS}
        return Outcome(Result.RETRY, detail=late, is_provider=True)


def _call(plugin: NotifyBase, title: str, body: str) -> Outcome:
    sender = Apprise(asset=plugin.asset)
    sender.add(plugin)
    result = sender.notify(title=title, body=body, body_format=NotifyFormat.TEXT)
    if result:
        return Outcome(Result.SENT)
    lines = [entry.message for service in result for try_ in service for entry in try_.logs]
    return outcome_of(" ".join(lines))


def outcome_of(words: str) -> Outcome:
    """Judge by what a plugin logged; its words may hold what the service said, so none is kept."""
    found = _STATUS.search(words)
    if not found:
        return Outcome(Result.RETRY, detail=details.SERVICE_SILENT, is_provider=True)
    code = int(found[1])
    detail = details.SERVICE_ANSWERED % {"code": code}
    if code in _GONE:
        return Outcome(Result.GONE, code, detail)
    if code in _WAIT or code >= 500:
        return Outcome(Result.RETRY, code, detail)
    return Outcome(Result.FAILED, code, detail)
