"""When a person may be told is another time now: his time zone changed, or what he prefers.

The preferences are an app's above, which says so here; what has to be looked at again then is
that of another one. It is done in the transaction that changes them.
"""

from accounts.models import User
from newsnotify.lib.followers import Followers

_followers = Followers[User]()
follow = _followers.follow


def changed(user: User) -> None:
    """Tell that a user's time zone or preferences are now what his rows say."""
    _followers.tell(user)
