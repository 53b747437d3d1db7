"""What all tests stand on."""

import os

import pytest
from django.conf import settings
from django.core.cache import cache


def pytest_configure() -> None:
    # Argon2 is slow on purpose; the tests of passwords name their own hashers.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.RATE_LIMITS = False
    # The Redis that is named may hold more than tests.
    settings.CACHES["default"]["KEY_PREFIX"] = f"test-{os.getpid()}"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    from subscriptions import query_index  # has models, which are not there yet above

    cache.clear()
    query_index.forget()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Let no test be skipped where everything is installed."""
    report = yield
    if (
        report.skipped
        and os.environ.get("REQUIRE_ALL_TESTS") == "1"
        and "xfail" not in report.keywords
        # They run in the pass whose variables name the servers.
        and not ("stack" in report.keywords and settings.IS_ONE_PROCESS)
    ):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr}"
    return report
