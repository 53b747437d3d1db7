"""`/api/v1/auth/sessions`: everywhere a person is signed in, on pages and by tokens."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils.timezone import now
from rest_framework import generics
from rest_framework.request import Request

from accounts import audit, page_sign_ins, sign_ins
from accounts.authentication import sign_in_of
from accounts.models import SignIn, User
from accounts.serializers import SignInSerializer


def _of_caller(request: Request) -> QuerySet[SignIn]:
    return sign_ins.going_on(cast(User, request.user), now())  # IsAuthenticated came before


class SessionListView(generics.ListAPIView[SignIn]):
    queryset = SignIn.objects.none()  # tells the schema the model
    serializer_class = SignInSerializer

    def get_queryset(self) -> QuerySet[SignIn]:
        return _of_caller(self.request)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "current": sign_in_of(self.request)}


class SessionView(generics.DestroyAPIView[SignIn]):
    queryset = SignIn.objects.none()
    serializer_class = SignInSerializer

    def get_queryset(self) -> QuerySet[SignIn]:
        return _of_caller(self.request)

    def perform_destroy(self, instance: SignIn) -> None:
        sign_ins.end(SignIn.objects.filter(pk=instance.pk), by=audit.caller(self.request))
        page = page_sign_ins.sign_in_of(self.request._request)
        if page and page.pk == instance.pk:
            self.request._request.session.flush()  # or it would be written once more
