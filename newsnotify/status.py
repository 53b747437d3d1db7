"""`/status`: how everything is, for people."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from django.utils.timezone import now
from django.views.generic import TemplateView

from accounts.models import Heartbeat, User
from newsnotify import numbers
from newsnotify.health import MISSED_AFTER, examiner


@method_decorator(login_not_required, name="dispatch")
class StatusView(TemplateView):
    template_name = "status.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        health = examiner.health()
        return super().get_context_data(
            health=health,
            numbers=numbers.latest() if health.is_ready else None,
            processes=self._processes(),
            **kwargs,
        )

    def _processes(self) -> list[Heartbeat]:
        """List who is here, for staff: the names of hosts are nobody else's business."""
        user = self.request.user
        if not (isinstance(user, User) and user.is_staff):
            return []
        fresh = Heartbeat.objects.filter(beaten_at__gt=now() - MISSED_AFTER)
        return list(fresh.defer("counts").order_by("process"))
