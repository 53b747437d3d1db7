"""What our letters about accounts say."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import links
from accounts.models import OutgoingMail, User
from accounts.second_factor import checking
from newsnotify.lib.letters import Letter

Kind = OutgoingMail.Kind


def compose(kind: Kind, user: User) -> Letter:
    """Write a letter, in the language that is active."""
    return _WRITERS[kind](user)


# None of them names its reader: whoever signs up with somebody else's address could have us
# send what he wrote into the field for the name.


def _verify(user: User) -> Letter:
    return Letter(
        subject=_("Confirm your e-mail address"),
        paragraphs=(_("Somebody, probably you, made an account with this address."),),
        action=_("Confirm this address"),
        url=links.url(Kind.VERIFY, user),
        closing=_("If it was not you, do nothing: we send nothing else to this address."),
    )


def _change_email(user: User) -> Letter:
    return Letter(
        subject=_("Confirm your new e-mail address"),
        paragraphs=(
            _("You asked us to use this address for your account."),
            _("Until you confirm it, your former address stays."),
        ),
        action=_("Confirm this address"),
        url=links.url(Kind.CHANGE_EMAIL, user),
        closing=_("The link works for a day. If it was not you, do nothing."),
    )


def _email_changed(user: User) -> Letter:
    return Letter(
        subject=_("Your account has another e-mail address now"),
        paragraphs=(
            _("Your account uses another address from now on, and this one no longer."),
            _("If it was not you, ask whoever runs this site for help."),
        ),
    )


def _reset_password(user: User) -> Letter:
    return Letter(
        subject=_("Choose a new password"),
        paragraphs=(_("Somebody, probably you, asked for a new password for your account."),),
        action=_("Choose a new password"),
        url=links.url(Kind.RESET_PASSWORD, user),
        closing=_(
            "The link works once and for an hour. If it was not you, do nothing: "
            "your password stays as it is."
        ),
    )


def _password_changed(user: User) -> Letter:
    return Letter(
        subject=_("Your password was changed"),
        paragraphs=(
            _("Your account has a new password. Everything else that was signed in is not now."),
            _("If it was not you, choose another password at once:"),
        ),
        action=_("Choose a new password"),
        url=f"{settings.PUBLIC_URL}{reverse('forgot_password')}",
    )


def _second_factor(user: User) -> Letter:
    asks = _("Besides your password, signing in to your account asks for a second step.")
    asks_nothing = _("Signing in to your account asks for your password alone.")
    return Letter(
        subject=_("How you sign in was changed"),
        paragraphs=(
            _("A second step of signing in was added to your account, or removed."),
            asks if checking.is_set(user) else asks_nothing,
            _("If it was not you, choose another password at once, and look at your settings:"),
        ),
        action=_("Look at your settings"),
        url=f"{settings.PUBLIC_URL}{reverse('security')}",
    )


_WRITERS: dict[Kind, Callable[[User], Letter]] = {
    Kind.VERIFY: _verify,
    Kind.CHANGE_EMAIL: _change_email,
    Kind.EMAIL_CHANGED: _email_changed,
    Kind.RESET_PASSWORD: _reset_password,
    Kind.PASSWORD_CHANGED: _password_changed,
    Kind.SECOND_FACTOR: _second_factor,
}
