"""What the subscription centre writes: cadence, queries in words, priorities."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from subscriptions.center_forms import PRIORITIES
from subscriptions.keywords import QueryError, explained, parse
from subscriptions.models import Rule
from subscriptions.priorities import Priority

register = template.Library()


@register.filter
def cadence(per_day: float | None) -> str:
    """Say how much comes, as people count: by the day where there is one each day."""
    if per_day is None:
        return ""
    if per_day >= 1:
        n = round(per_day)
        return ngettext("about %(n)s a day", "about %(n)s a day", n) % {"n": n}
    n = round(per_day * 7)
    if n:
        return ngettext("about %(n)s a week", "about %(n)s a week", n) % {"n": n}
    return _("less than one a week")


@register.filter
def in_words(query: str) -> str:
    """Explain a query that was accepted once; what we no longer read says nothing."""
    try:
        return explained(parse(query), _)
    except QueryError:
        return ""


@register.filter
def named(rank: int) -> str:
    """Name the priority of a rank, as forms do."""
    return str(list(Priority)[rank])


@register.filter
def and_above(rank: int) -> StrOrPromise:
    """Say to people which priorities a rank lets through."""
    return PRIORITIES[rank][1]


@register.filter
def can_be_undone(rule: Rule) -> bool:
    """Tell whether an application of a rule changed something that was not taken back."""
    return any(not one.undone_at and one.changes for one in rule.applications.all())
