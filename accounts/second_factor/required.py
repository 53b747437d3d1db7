"""What is raised where a password was right and something more is asked for."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User

CODE = "mfa_required"


class SecondFactorRequired(AuthenticationFailed):
    """The API answers it by itself: 401 with `{"code": "mfa_required"}`; pages ask for more."""

    def __init__(self, user: User, *, is_wrong: bool = False) -> None:
        wrong = _("This code is wrong, or was used before.")
        asked = _("Also send a code of your authenticator app, or a recovery code, as otp.")
        super().__init__({"code": CODE, "detail": wrong if is_wrong else asked})
        self.user = user
        self.is_wrong = is_wrong
