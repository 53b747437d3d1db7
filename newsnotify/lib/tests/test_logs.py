import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.http import HttpRequest, HttpResponse

from newsnotify.lib import logs

Write = Callable[[str], str]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("newsnotify.tests.logs")
    logger.propagate = False
    yield logger
    logger.handlers, logger.filters, logger.propagate = [], [], True


def written(logger: logging.Logger, log_format: str, *secrets: str) -> io.StringIO:
    """Send a logger's lines through the real formatter into a text."""
    configuration = logs.config(level="INFO", log_format=log_format, secrets=secrets)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    configurator = logging.config.DictConfigurator(configuration)
    handler.setFormatter(configurator.configure_formatter(configuration["formatters"]["lines"]))
    logger.handlers = [handler]
    logger.setLevel("INFO")
    return stream


def test_line_is_json_with_its_fields_when_the_format_is_json(logger: logging.Logger) -> None:
    stream = written(logger, "json")
    logger.info("event fanned out", extra={"event_id": 7})
    line = json.loads(stream.getvalue())
    assert line["event"] == "event fanned out"
    assert line["event_id"] == 7
    assert (line["level"], line["logger"]) == ("info", "newsnotify.tests.logs")
    assert line["timestamp"].endswith("Z")


def test_line_is_text_with_its_fields_when_the_format_is_text(logger: logging.Logger) -> None:
    stream = written(logger, "text")
    logger.warning("event %s", "fanned out", extra={"event_id": 7})
    (line,) = stream.getvalue().splitlines()
    assert "event fanned out" in line
    assert "event_id=7" in line
    assert "[warning" in line


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_line_tells_of_an_exception(log_format: str, logger: logging.Logger) -> None:
    stream = written(logger, log_format)
    try:
        raise ValueError("the reason")
    except ValueError:
        logger.exception("failed")
    assert "ValueError: the reason" in stream.getvalue()


def test_line_of_structlog_looks_the_same(logger: logging.Logger) -> None:
    stream = written(logger, "json")
    structlog.get_logger(logger.name).info("told", event_id=7)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["event_id"], line["level"]) == ("told", 7, "info")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_request_has_one_id_in_its_lines_and_its_answer(
    log_format: str, logger: logging.Logger
) -> None:
    stream = written(logger, log_format)

    def view(request: HttpRequest) -> HttpResponse:
        logger.info("answered")
        return HttpResponse()

    response = logs.RequestIdMiddleware(view)(HttpRequest())
    logger.info("idle")
    inside, outside = stream.getvalue().splitlines()
    assert len(response["X-Request-Id"]) == 32
    assert response["X-Request-Id"] in inside
    assert "request_id" not in outside


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ('%s - "WebSocket %s" [accepted]', ("127.0.0.1:5", "/ws?token=hush&since=1")),
        ('%s - "%s %s HTTP/%s" %d', ("127.0.0.1:5", "GET", "/ws?token=hush", "1.1", 200)),
        ("refused /ws?token=hush here", ()),
        ("refused %(path)s", ({"path": "/ws?token=hush"},)),
        ("refused %s", (b"/ws?token=hush",)),
    ],
)
def test_query_of_an_address_is_not_logged(
    message: str, args: tuple[object, ...], logger: logging.Logger
) -> None:
    stream = written(logger, "text")
    logger.addFilter(logs.WithoutQuery())
    logger.info(message, *args)
    assert "hush" not in stream.getvalue()
    assert "/ws" in stream.getvalue()


def test_server_lines_are_filtered_and_quiet() -> None:
    loggers = logs.config(level="INFO", log_format="text")["loggers"]
    for name in ("uvicorn.error", "uvicorn.access"):
        assert loggers[name] == {"filters": ["without_query"], "level": "WARNING"}
    assert logs.config(level="DEBUG", log_format="text")["loggers"]["celery"]["level"] == "DEBUG"


def test_headers_of_sockets_are_not_logged_when_the_level_is_debug() -> None:
    loggers = logs.config(level="DEBUG", log_format="text")["loggers"]
    assert loggers["uvicorn.error"]["level"] == "INFO"


def test_values_of_sql_are_not_logged_when_the_level_is_debug() -> None:
    loggers = logs.config(level="DEBUG", log_format="text")["loggers"]
    assert loggers["django.db.backends"] == {"level": "INFO"}
    assert logs.config(level="ERROR", log_format="text")["loggers"]["django.db.backends"] == {
        "level": "ERROR"
    }


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_secret_is_in_no_part_of_a_line(log_format: str, logger: logging.Logger) -> None:
    known = 'hush "hush" 1'
    stream = written(logger, log_format, known)
    try:
        raise ValueError(f"password=hush, and {known}")
    except ValueError:
        logger.exception("Bearer hush.hush", extra={"token": "hush", "note": known})
    logger.warning("in %s", {"cookie": "sessionid=hush"}, stack_info=True)
    structlog.get_logger(logger.name).warning("told", note=known, api_key="hush")
    assert "ValueError" in stream.getvalue()
    assert "hush" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_stranger_writes_no_line_of_his_own(log_format: str, logger: logging.Logger) -> None:
    stream = written(logger, log_format)
    forged = "x\r\n2026-01-01 [info] all is well\x1b[2K\u2028"
    logger.warning("refused %s", forged, extra={"name_given": forged})
    (line,) = stream.getvalue().splitlines()
    assert "\x1b" not in line
    assert "all is well" in line
