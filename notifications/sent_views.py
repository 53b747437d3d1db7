"""`/inbox/sent`: what came of all that one follows, and what of it was never read."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.timezone import now
from django.views.generic import TemplateView

from accounts.views import SignedInMixin
from notifications import sent
from notifications.sent import Sent


class SentView(SignedInMixin, TemplateView):
    template_name = "notifications/sent.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = sent.sent_to(self.user, since=now() - timedelta(days=sent.DAYS))
        never = [_shown(row) for row in rows if row.is_never_read]
        others = [_shown(row) for row in rows if not row.is_never_read]
        return super().get_context_data(never=never, others=others, days=sent.DAYS, **kwargs)


def _shown(row: Sent) -> dict[str, Any]:
    """Say where its articles are, and where it is left."""
    if row.query:
        return {
            "row": row,
            "articles": f"{reverse('subscriptions')}?{urlencode({'query': row.query})}",
        }
    name, value = ("topic", row.topic) if row.topic else ("source", row.source)
    return {
        "row": row,
        "thing": row.thing,
        "action": reverse(f"follow_{name}", args=[value]),
        "articles": f"{reverse('articles')}?{name}={value}",
    }
