"""Verbs over several apps: what becoming a member means."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import services
from accounts.models import User
from subscriptions.preferences import set_preferences


@transaction.atomic
def join(*, email: str, password: str, preferences: Mapping[str, Any]) -> User:
    """Register somebody with preferences, or do neither; raises ValidationError by field."""
    user = services.register(email=email, password=password)
    set_preferences(user=user, changes=preferences)
    return user
