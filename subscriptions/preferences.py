"""A person's preferences as one resource: what `/api/v1/preferences` shows and takes.

The followed topics are the subscriptions of kind topic; there is no second list of them.
"""

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from django.db import transaction

from accounts import hours
from accounts.models import User
from news.models import Topic
from subscriptions.models import Kind, Preferences, PreferredCategory, Subscription
from subscriptions.priorities import bits, of_bits

DELIVERY: dict[str, Any] = {
    "quiet_hours": None,
    "windows": [],
    "digest": {"mode": "off", "at": "08:00"},
}
# Parts of `delivery` that few people have.
WHERE_SET: dict[str, Any] = {"ladder": [], "limits": {}, "one_by_one": False}
DEFAULTS: dict[str, Any] = {
    "subscribed": True,
    "topic": [],
    "priority": [],
    "category": [],
    "delivery": {"timezone": "UTC", **DELIVERY},
}
ANEW: dict[str, Any] = {**DEFAULTS, "delivery": {**DEFAULTS["delivery"], **WHERE_SET}}


def preferences_of(user: User) -> dict[str, Any]:
    """Show everything that governs how a user is told."""
    row = Preferences.objects.filter(user=user).prefetch_related("categories").first()
    row = row or Preferences(user=user)
    followed = Subscription.objects.filter(user=user, kind=Kind.TOPIC).order_by("id")
    return {
        "subscribed": row.is_subscribed,
        "topic": list(followed.values_list("topic__slug", flat=True)),
        "priority": of_bits(row.priorities),
        "category": sorted(each.category for each in row.categories.all()) if row.pk else [],
        "delivery": {"timezone": user.timezone, **deepcopy(DELIVERY), **row.delivery},
        "language": user.language,
    }


@transaction.atomic
def set_preferences(*, user: User, changes: Mapping[str, Any]) -> None:
    """Replace what is named; `delivery` is merged by its own keys.

    `topic` holds Topics, the rest is as the resource shows it. `language` and the time zone are
    those of the user's profile.
    """
    Preferences.objects.get_or_create(user=user)
    row = Preferences.objects.select_for_update().get(user=user)
    row.is_subscribed = changes.get("subscribed", row.is_subscribed)
    if "priority" in changes:
        row.priorities = bits(changes["priority"])
    if "category" in changes:
        _set_categories(row, set(changes["category"]))
    if "topic" in changes:
        _set_topics(user, changes["topic"])
    delivery = dict(changes.get("delivery", {}))
    before = (user.timezone, row.delivery)
    _set_profile(user, timezone=delivery.pop("timezone", None), language=changes.get("language"))
    merged = {**row.delivery, **delivery}
    row.delivery = {key: value for key, value in merged.items() if value or key not in WHERE_SET}
    row.save()
    if before != (user.timezone, row.delivery):
        hours.changed(user)


@transaction.atomic
def reset(*, user: User) -> None:
    """Go back to the defaults: no topics, everything that is wanted at once, in UTC."""
    Preferences.objects.filter(user=user).delete()
    _set_topics(user, [])
    _set_profile(user, timezone=DEFAULTS["delivery"]["timezone"])
    hours.changed(user)


def _set_categories(row: Preferences, wanted: Collection[str]) -> None:
    row.has_categories = bool(wanted)
    row.categories.exclude(category__in=wanted).delete()
    known = set(row.categories.values_list("category", flat=True))
    PreferredCategory.objects.bulk_create(
        PreferredCategory(preferences=row, category=category) for category in set(wanted) - known
    )


def _set_topics(user: User, topics: Collection[Topic]) -> None:
    followed = Subscription.objects.filter(user=user, kind=Kind.TOPIC)
    followed.exclude(topic__in=topics).delete()
    Subscription.objects.bulk_create(
        [Subscription(user=user, kind=Kind.TOPIC, topic=topic) for topic in topics],
        ignore_conflicts=True,  # those that are followed already keep their rows
    )


def _set_profile(user: User, **fields: str | None) -> None:
    given = {name: value for name, value in fields.items() if value}
    for name, value in given.items():
        setattr(user, name, value)
    if given:
        user.save(update_fields=list(given))
