"""`/api/v1/channels/{id}/verify`: proving that an address is one's own."""

from typing import Any, cast

from django.utils.timezone import now
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import credentials
from accounts.models import User
from notifications import proofs
from notifications.channels_api import ChannelSerializer
from notifications.models import Channel


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)


class VerifyView(APIView):
    @extend_schema(request=CodeSerializer, responses=ChannelSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Verify a channel with the code that was sent there; again is fine."""
        channel = _own(request, pk)
        given = CodeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            proofs.prove(channel, given.validated_data["code"], now())
        except proofs.ProofError as error:
            raise serializers.ValidationError({"code": error.messages}) from error
        return Response(ChannelSerializer(_own(request, pk)).data)


class AskView(APIView):
    @extend_schema(request=None, responses={202: {"type": "object"}})
    def post(self, request: Request, pk: int) -> Response:
        """Send another code, or the account's own address its link; the one before is over."""
        channel = _own(request, pk)
        if channel.verified_at is None:
            if channel.is_account:
                credentials.ask_verification(user=cast(User, request.user))
            else:
                proofs.ask(channel, now())
        answer = {"detail": _("If the address still has to be verified, a code is on its way.")}
        return Response(answer, status=status.HTTP_202_ACCEPTED)


def _own(request: Request, pk: int) -> Channel:
    mine = Channel.objects.filter(user_id=request.user.pk or 0)
    return generics.get_object_or_404(mine, pk=pk)
