"""An account's e-mail address came to be, proved to be his, or is another one now.

The apps above keep what follows from it; accounts cannot import them, so they say here what
they do. It is done in the transaction that changes the account.
"""

from collections.abc import Callable

from accounts.models import User

Follow = Callable[[User], object]
_followers: list[Follow] = []


def follow(do: Follow) -> None:
    """Have something done whenever an account's address changes; again is fine."""
    if do not in _followers:
        _followers.append(do)


def changed(user: User) -> None:
    """Tell that a user's address, or whether it is verified, is now what his row says."""
    for do in _followers:
        do(user)
