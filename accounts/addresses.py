"""An account's e-mail address came to be, proved to be his, or is another one now.

The apps above keep what follows from it; accounts cannot import them, so they say here what
they do. It is done in the transaction that changes the account.
"""

from accounts.models import User
from newsnotify.lib.followers import Followers

_followers = Followers[User]()
follow = _followers.follow


def changed(user: User) -> None:
    """Tell that a user's address, or whether it is verified, is now what his row says."""
    _followers.tell(user)
