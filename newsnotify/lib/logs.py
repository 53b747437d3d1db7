"""Logs as text or JSON, each line with the ids of what it is about, none with a secret."""

import logging
import logging.config
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase

from newsnotify.lib.redaction import hiding, redact_value

QUERY = re.compile(r"\?[^\s\"']*")
BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
OF_MANY_LINES = {"exception", "stack"}

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


class WithoutQuery(logging.Filter):
    """Strip queries from a server's lines: `/ws?token=…` is a credential."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = QUERY.sub("", record.getMessage()), ()
        return True


def without_secrets(
    logger: Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Hide what opens doors, in whatever any library or line of ours has to say."""
    return {name: redact_value(value, name) for name, value in event.items()}


def without_breaks(
    logger: Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what would end a line, or move a terminal's cursor: nobody writes lines of his own."""
    return {
        name: BREAKING.sub(_escaped, value)
        if isinstance(value, str) and name not in OF_MANY_LINES
        else value
        for name, value in event.items()
    }


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def config(*, level: str, log_format: str, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Make the `LOGGING` setting; `log_format` is text or json, `secrets` are never written."""
    hide = hiding(secrets)
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_query": {"()": WithoutQuery}},
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    without_secrets,
                    without_breaks,
                    render,
                    lambda logger, method, line: hide(line),
                ],
            }
        },
        "handlers": {
            # The level is the handler's, too: Django gave its own loggers one.
            "stderr": {"class": "logging.StreamHandler", "formatter": "lines", "level": level}
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": _loggers(level),
    }


def _loggers(level: str) -> dict[str, Any]:
    """What others write: less than we do, and never what opens doors."""
    quiet = {"level": "WARNING" if level == "INFO" else level}
    return {
        "uvicorn": {"propagate": True},  # its command line gave it a handler and kept its lines
        # Below INFO it writes the frames and headers of sockets, cookies among them.
        "uvicorn.error": {
            "filters": ["without_query"],
            "level": "INFO" if level == "DEBUG" else quiet["level"],
        },
        "uvicorn.access": {"filters": ["without_query"], **quiet},
        "celery": quiet,
        # Below INFO it writes SQL with its values, keys of sessions among them.
        "django.db.backends": {"level": "INFO" if level == "DEBUG" else level},
        "django_celery_beat": quiet,
        # Below WARNING they write what they send, and paths of requests, which are a chat's secret.
        **{name: {"level": "WARNING"} for name in ("apprise", "urllib3", "botocore")},
    }


def configure(settings: dict[str, Any]) -> None:
    """Set up the standard library's logging and structlog on top of it."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class RequestIdMiddleware:
    """Give every request an id that its log lines and its answer carry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response
