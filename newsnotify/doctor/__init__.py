"""What `manage.py doctor` looks at: a line each, with the remedy where something is wrong."""

from collections.abc import Iterator

from newsnotify.doctor import mail, servers, setting, sign_in
from newsnotify.doctor.findings import Check, Finding, failed
from newsnotify.lib.lookouts import Lookout

PATIENCE_SECONDS = 10.0

CHECKS: dict[str, Check] = {
    "database": servers.database,
    "migrations": servers.migrations,
    "cache": servers.cache,
    "channel layer": servers.channel_layer,
    "broker": servers.broker,
    "clock": servers.clock,
    "processes": servers.processes,
    "keys": setting.keys,
    "tls": setting.tls,
    "addresses": setting.addresses,
    "data": setting.data,
    "mail": mail.mail,
    "sign-in": sign_in.sign_in,
    "push": setting.push,
}


def examine() -> Iterator[tuple[str, Finding]]:
    """Look at everything; one part that hangs or breaks keeps nothing from the others."""
    for name, check in CHECKS.items():
        yield name, _found(check)


def _found(check: Check) -> Finding:
    try:
        return Lookout(check, wait_seconds=PATIENCE_SECONDS).answer()
    except TimeoutError:
        return failed(f"no answer within {PATIENCE_SECONDS:.0f} s", _remedy(check))
    except Exception as error:  # noqa: BLE001 - what ails it is the finding
        return failed(f"{type(error).__name__}: {error}", _remedy(check))


def _remedy(check: Check) -> str:
    """Take the remedy of what raises from the check's own description."""
    return (check.__doc__ or "").strip()
