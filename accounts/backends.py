"""How Django lets people in, and what it lets them do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts import limits
from accounts.models import User
from accounts.second_factor import checking


class HouseBackend(ModelBackend):
    """Django's own, but tries are counted, second factors asked for, and roles are groups.

    Counting here reaches every way of signing in by password: pages, API, admin.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        otp: str = "",
        **kwargs: Any,
    ) -> User | None:
        """Let in by password, and by `otp` whoever has a second factor.

        Asked for here it cannot be forgotten by any way of signing in: one that knows nothing of
        it stays closed. Raises SecondFactorRequired, TooMany.
        """
        name = username or kwargs.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        limits.sign_in(request, name)
        user = super().authenticate(request, username=name, password=password)
        if not isinstance(user, User):
            return None
        checking.check(user, otp, request)
        return user

    def _get_group_permissions(self, user_obj: User) -> QuerySet[Permission]:
        # By the column instead of rows in between: the two can never be out of step.
        own = Q(group__name=user_obj.role) | Q(group__in=user_obj.groups.all())
        return Permission.objects.filter(own).distinct()
