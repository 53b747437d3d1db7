"""Verbs over rules; each is fine to repeat."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from news.models import Source, Topic
from news.selectors import Viewer
from subscriptions import queries
from subscriptions.models import Rule
from subscriptions.services import parsed

LIMIT = 200  # of a person


def rules_of(viewer: Viewer) -> QuerySet[Rule]:
    rows = Rule.objects.filter(user_id=viewer.pk or 0)
    return rows.select_related("query__topic", "query__source").order_by("-id")


@transaction.atomic
def make_rule(
    *,
    user: User,
    query: str,
    action: str,
    topic: Topic | None = None,
    source: Source | None = None,
    is_paused: bool = False,
) -> tuple[Rule, bool]:
    """Make a rule, or find the same one. Returns it and whether it is new.

    Raises ValidationError on `query` when it cannot be read or there are too many.
    """
    row = queries.shared(node=parsed(query), topic=topic, source=source)
    defaults = {"query_text": query, "is_paused": is_paused}
    same = {"user": user, "query": row, "action": action}
    rule, is_new = Rule.objects.get_or_create(**same, defaults=defaults)
    if is_new and Rule.objects.filter(user=user).count() > LIMIT:
        too_many = _("You have %(n)s rules: there can be no more.") % {"n": LIMIT}
        raise ValidationError({"query": [too_many]})
    return rule, is_new


@transaction.atomic
def change_rule(*, rule: Rule, changes: Mapping[str, Any]) -> Rule:
    """Change a rule: its query, its action, whether it is paused.

    Raises ValidationError on `query` when it cannot be read or there is such a rule already.
    """
    changes, former = dict(changes), rule.query
    if (text := changes.pop("query", None)) is not None:
        node = parsed(text)
        rule.query = queries.shared(node=node, topic=former.topic, source=former.source)
        rule.query_text = text
    for name, value in changes.items():
        setattr(rule, name, value)
    same = Rule.objects.filter(user=rule.user, query=rule.query, action=rule.action)
    if same.exclude(pk=rule.pk).exists():
        raise ValidationError({"query": [_("You have this rule already.")]})
    rule.save()
    if former != rule.query:
        queries.remove_unused([former.pk])
    return rule


@transaction.atomic
def remove_rule(*, rule: Rule) -> None:
    query_id = rule.query_id
    rule.delete()
    queries.remove_unused([query_id])
