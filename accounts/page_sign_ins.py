"""Sessions of pages as sign-ins: each is taken in with the first answer, and can be ended.

The session's cache may be another process's memory, or a Redis that was away when the session
was deleted. So whether a sign-in goes on is asked of its row, each time.
"""

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.timezone import now

from accounts import sign_ins
from accounts.audit import By
from accounts.models import SignIn, User
from newsnotify.lib.client_address import client_address

NAME = "sign_in"  # of the row's id in a session, and of the row at a request


def user_of(request: HttpRequest) -> User | AnonymousUser:
    """Tell who is signed in on the pages; nobody when the sign-in was ended."""
    user, pk = get_user(request), request.session.get(NAME)
    if not isinstance(user, User):
        return AnonymousUser()
    if pk is None:
        return user
    row = SignIn.objects.filter(pk=pk, user=user, ended_at=None).first()
    if row is None:
        request.session.flush()
        return AnonymousUser()
    row.user = user
    sign_ins.note_use(row, client_address(request), now())
    setattr(request, NAME, row)
    return user


def sign_in_of(request: HttpRequest) -> SignIn | None:
    """Tell the sign-in of a request whose user was asked for."""
    row = getattr(request, NAME, None)
    return row if isinstance(row, SignIn) else None


def keep(request: HttpRequest) -> None:
    """Begin, follow or end the sign-in, after what the view did to the session."""
    session, row = request.session, sign_in_of(request)
    if not session.accessed:
        return
    if row and session.get(NAME) != row.pk:
        by = By(row.user, client_address(request))
        sign_ins.end(SignIn.objects.filter(pk=row.pk), by=by)
    if SESSION_KEY not in session:
        return
    if session.session_key is None:
        session.save()
    if NAME not in session:
        _begin(request)
    elif row:
        _follow(request, row)


def _begin(request: HttpRequest) -> None:
    user, session = request.user, request.session
    # Who shows a token too is the token's user, and this session may be another's.
    if isinstance(user, User) and session[SESSION_KEY] == str(user.pk):
        origin, key = sign_ins.origin_of(request), str(session.session_key)
        session[NAME] = sign_ins.begin(user=user, origin=origin, session_key=key).pk


def _follow(request: HttpRequest, row: SignIn) -> None:
    """Go with a session that got another key, as it does when the password is changed."""
    key, mark = str(request.session.session_key), request.session[HASH_SESSION_KEY]
    if (row.session_key, row.password_mark) != (key, mark):
        SignIn.objects.filter(pk=row.pk).update(session_key=key, password_mark=mark)
