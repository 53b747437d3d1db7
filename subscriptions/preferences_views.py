"""`/settings/preferences`: what a person wants to hear of, when and how."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView
from django_htmx.http import retarget

from accounts.views import SignedInMixin
from subscriptions import ladder, preferences
from subscriptions.preferences_forms import MOST_WINDOWS, PreferencesForms, timing_of
from subscriptions.timing import decide
from subscriptions.week import Told, week

ROWS = "window-TOTAL_FORMS"


@method_decorator(never_cache, name="dispatch")
class PreferencesPageView(SignedInMixin, TemplateView):
    template_name = "subscriptions/preferences.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "forms" in kwargs:
            return super().get_context_data(**kwargs)
        shown = preferences.preferences_of(self.user)
        forms = PreferencesForms(shown)
        return super().get_context_data(forms=forms, **picture(shown), **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        stored = preferences.preferences_of(self.user)
        if "add" in request.POST:
            forms = PreferencesForms(stored, with_one_more_window(request.POST))
            return self._show(forms, stored)
        forms = PreferencesForms(stored, request.POST)
        if "show" in request.POST:
            return self._preview(forms, stored)
        if not forms.is_valid():
            return self._show(forms, stored, status=400)
        preferences.set_preferences(user=self.user, changes=forms.changes())
        messages.success(request, _("Saved."))
        return redirect("preferences")

    def _preview(self, forms: PreferencesForms, stored: dict[str, Any]) -> HttpResponse:
        """Show what the form would mean: its part of the page to htmx, the page to others."""
        is_valid = forms.is_valid()
        if not self.request.headers.get("HX-Request"):
            return self._show(forms, forms.changes() if is_valid else stored)
        if not is_valid:
            context = {"errors": forms.errors()}
            return retarget(render(self.request, "subscriptions/_amiss.html", context), "#amiss")
        return render(self.request, "subscriptions/_week.html", picture(forms.changes()))

    def _show(
        self, forms: PreferencesForms, shown: Mapping[str, Any], status: int = 200
    ) -> HttpResponse:
        context = self.get_context_data(forms=forms, **picture(shown))
        return self.render_to_response(context, status=status)


def picture(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Say what preferences mean: a week, this very moment, and the steps of the ladder."""
    delivery = shown["delivery"]
    timing, moment = timing_of(delivery), now()
    decision = decide(timing, priority="medium", now=moment)
    days = week(timing)
    return {
        "days": [
            {
                "name": WEEKDAYS[day.number],
                "short": WEEKDAYS_ABBR[day.number],
                "is_today": day.number == localtime(moment, timing.zone).weekday(),
                "stretches": day.stretches,
                "digests": day.digests,
                "told": {told.value: day.of(told) for told in Told},
                "clocks": day.clocks,
            }
            for day in days
        ],
        "kinds": {stretch.told for day in days for stretch in day.stretches},
        "has_digests": any(day.digests for day in days),
        "is_subscribed": shown["subscribed"],
        "decision": decision,
        # Written here: a template would write it in the zone that is stored.
        "until": decision.until and date_format(localtime(decision.until, timing.zone), "D H:i"),
        "steps": ladder.explained(ladder.read(delivery.get("ladder", [])), _),
    }


def with_one_more_window(data: QueryDict) -> QueryDict:
    more = data.copy()
    rows = data.get(ROWS, "")
    count = int(rows) if rows.isascii() and rows.isdigit() and len(rows) < 4 else 0
    more[ROWS] = str(min(count + 1, MOST_WINDOWS))
    more[f"window-{count}-start"], more[f"window-{count}-end"] = "08:00", "18:00"
    return more
