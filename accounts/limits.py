"""Who may do how much of what: the limits of signing in, of registering, and of the API."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest
from rest_framework.request import Request

from accounts import audit
from accounts.audit import Action
from accounts.models import ApiKey, User
from newsnotify.lib.client_address import client_address
from newsnotify.lib.ratelimit import Limit, take
from newsnotify.lib.throttling import TooMany, spend

SIGN_IN_BY_ADDRESS = Limit("sign-in by address", 10, 60)
SIGN_IN_BY_ACCOUNT = Limit("sign-in by account", 10, 60)
RESET = Limit("reset by address", 10, 60)
# Three codes of a million are good at a time: guessing one takes years.
SECOND_FACTOR = Limit("second factor", 20, 3600)
REGISTRATION = Limit("registration", 20, 3600)
API_OF_USER = Limit("API of a user", 600, 60)
API_OF_KEY = Limit("API of a key", 6000, 60)
_TOLD = Limit("told of a limit", 1, 60)  # or the log would grow as fast as a flood comes


def sign_in(request: HttpRequest | None, email: str) -> None:
    """Count a try to sign in; raises TooMany.

    An address that is refused does not use up the account's tries.
    """
    if request is not None:
        _spend(request, SIGN_IN_BY_ADDRESS, network_of(client_address(request)))
        _spend(request, SIGN_IN_BY_ACCOUNT, email.strip().lower())


def password(request: HttpRequest | Request) -> None:
    """Count a try at the password of who is signed in, which somebody at his screen may guess.

    Raises TooMany.
    """
    if isinstance(request.user, User):
        _spend(request, SIGN_IN_BY_ACCOUNT, f"user {request.user.pk}")


def way_in(request: HttpRequest) -> None:
    """Count a try to sign in that names no account: at another's provider. Raises TooMany."""
    _spend(request, SIGN_IN_BY_ADDRESS, network_of(client_address(request)))


def second_factor(request: HttpRequest | None, user: User) -> None:
    """Count a try at somebody's second factor; raises TooMany."""
    if request is not None:
        _spend(request, SECOND_FACTOR, f"user {user.pk}")


def reset(request: HttpRequest) -> None:
    """Count what is asked about passwords that were forgotten; raises TooMany."""
    _spend(request, RESET, network_of(client_address(request)))


def registration(request: HttpRequest) -> None:
    """Count a try to register; raises TooMany."""
    _spend(request, REGISTRATION, network_of(client_address(request)))


def api(request: Request) -> None:
    """Count what a signed-in person or a key asks of the API; raises TooMany."""
    if isinstance(request.auth, ApiKey):
        _spend(request, API_OF_KEY, str(request.auth.pk))
    elif isinstance(request.user, User):
        _spend(request, API_OF_USER, str(request.user.pk))


def network_of(address: str) -> str:
    """Name whom an address belongs to: of IPv6 anybody has 2^64 of them (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


def _spend(request: HttpRequest | Request, limit: Limit, who: str) -> None:
    try:
        spend(request, limit, who)
    except TooMany:
        if take(_TOLD, f"{limit.name} {who}").is_admitted:
            by = audit.caller(request)
            account = User.objects.filter(email=who) if limit is SIGN_IN_BY_ACCOUNT else None
            audit.record(
                Action.LIMIT_REACHED, by, account.first() if account else by.user, limit=limit.name
            )
        raise
