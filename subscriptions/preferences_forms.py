"""The preferences as forms, and both ways between them and the resource."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import slug_re
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from news.models import Topic
from newsnotify.lib.saying import said
from subscriptions import ladder, limits
from subscriptions.ladder import Step
from subscriptions.priorities import Priority
from subscriptions.timing import DAYS, Mode, Timing

MOST_WINDOWS = 50
PRIORITIES = (
    (Priority.LOW, gettext_lazy("Low")),
    (Priority.MEDIUM, gettext_lazy("Medium")),
    (Priority.HIGH, gettext_lazy("High")),
    (Priority.CRITICAL, gettext_lazy("Critical")),
)
MODES = (
    (Mode.OFF.value, gettext_lazy("At once")),
    (Mode.HOURLY.value, gettext_lazy("Every hour")),
    (Mode.DAILY.value, gettext_lazy("Once a day")),
)
NIGHT = {"from": "22:00", "until": "07:00"}


class ClockField(forms.TimeField):
    """A time of day, given and taken as `HH:MM`."""

    class Input(forms.TimeInput):
        input_type = "time"

    def __init__(self, label: StrOrPromise, **kwargs: Any) -> None:
        super().__init__(label=label, widget=self.Input(format="%H:%M"), **kwargs)

    def clean(self, value: Any) -> str:
        found = super().clean(value)
        return found.strftime("%H:%M") if found else ""


class HoursForm(forms.Form):
    """From one time of day until another, where the box or a day is ticked."""

    start = ClockField(gettext_lazy("From"), required=False)
    end = ClockField(gettext_lazy("Until"), required=False)
    ticked: str

    def clean(self) -> dict[str, Any]:
        for name in ("start", "end"):
            if self.cleaned_data.get(self.ticked) and self.cleaned_data.get(name) == "":
                self.add_error(name, _("Give a time, such as 22:30."))
        return self.cleaned_data

    def shown(self) -> dict[str, Any] | None:
        if not self.cleaned_data.get(self.ticked):
            return None
        return {"from": self.cleaned_data["start"], "until": self.cleaned_data["end"]}


class QuietForm(HoursForm):
    ticked = "on"
    on = forms.BooleanField(label=gettext_lazy("Quiet hours"), required=False)


class WindowForm(HoursForm):
    ticked = "days"
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"),
        choices=[(day, WEEKDAYS_ABBR[number]) for number, day in enumerate(DAYS)],
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )

    def shown(self) -> dict[str, Any] | None:
        hours = super().shown()
        return hours and {"days": self.cleaned_data["days"], **hours}


WindowFormSet = forms.formset_factory(WindowForm, extra=0, max_num=MOST_WINDOWS, validate_max=True)


class LimitForm(forms.Form):
    """At most so many messages in so many minutes; without a number there is no limit."""

    @property
    def name(self) -> str:
        return ladder.name((self.prefix or "").removeprefix("limit-"), _)

    count = forms.IntegerField(
        label=gettext_lazy("At most"), required=False, min_value=1, max_value=limits.MOST
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("in minutes"),
        required=False,
        min_value=1,
        max_value=limits.LONGEST_MINUTES,
    )

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("count") and not self.cleaned_data.get("minutes", True):
            self.add_error("minutes", _("Say in how many minutes."))
        return self.cleaned_data


class WantedForm(forms.Form):
    """What one wants to hear of, how it is collected, and over which channels it comes."""

    subscribed = forms.BooleanField(
        label=gettext_lazy("Tell me about what I follow"), required=False
    )
    topic = forms.ModelMultipleChoiceField(
        Topic.objects.order_by("name"),
        to_field_name="slug",
        label=gettext_lazy("Topics"),
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    priority = forms.MultipleChoiceField(
        label=gettext_lazy("Priorities"),
        choices=PRIORITIES,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text=gettext_lazy("None chosen: all of them."),
    )
    category = forms.CharField(
        label=gettext_lazy("Categories"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Such as alert, update. Empty: all of them."),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=MODES, widget=forms.RadioSelect()
    )
    at = ClockField(gettext_lazy("At what time"))
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("Of our e-mails, and of notifications that come in several."),
    )
    ladder = forms.CharField(
        label=gettext_lazy("Which channel, how soon"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "For example: in-app now, push after 20 s, e-mail after 10 min, SMS after 30 min if "
            "high. A step is left out when you have read it by then. Empty: all channels at once."
        ),
    )

    one_by_one = forms.BooleanField(
        label=gettext_lazy("Each article in a message of its own"),
        required=False,
        help_text=gettext_lazy(
            "Else the first of a source comes at once, and what follows within ten minutes comes "
            "as one message with a list."
        ),
    )

    def clean_category(self) -> list[str]:
        words = self.cleaned_data["category"].replace(",", " ").lower().split()
        for word in words:
            if len(word) > 50 or not slug_re.match(word):
                raise ValidationError(
                    _("“%(word)s” is no category: letters, digits, - and _, at most 50."),
                    params={"word": word[:60]},
                )
        return list(dict.fromkeys(words))

    def clean_ladder(self) -> list[Step]:
        try:
            return ladder.parse(self.cleaned_data["ladder"])
        except ValueError as error:
            raise ValidationError(said(str(error))) from error


class PreferencesForms:
    """All of the page's forms, unbound from the resource or bound to what was sent."""

    def __init__(self, shown: Mapping[str, Any], data: Any = None) -> None:
        delivery = shown["delivery"]
        quiet, digest = delivery["quiet_hours"], delivery["digest"]
        flat = {**shown, **delivery, **digest, "category": ", ".join(shown["category"])}
        flat["ladder"] = ladder.line(ladder.read(delivery.get("ladder", [])))
        self.wanted = WantedForm(data, initial=flat)
        self.quiet = QuietForm(
            data, prefix="quiet", initial={"on": bool(quiet), **_ends(quiet or NIGHT)}
        )
        windows = [{"days": each["days"], **_ends(each)} for each in delivery["windows"]]
        self.windows = WindowFormSet(data, prefix="window", initial=windows)
        self.limits = [
            LimitForm(data, prefix=f"limit-{kind}", initial=delivery.get("limits", {}).get(kind))
            for kind in ladder.CHANNELS
        ]

    def is_valid(self) -> bool:
        valid = [each.is_valid() for each in self._forms()]  # all are asked: each tells its errors
        return self.windows.is_valid() and all(valid)

    def errors(self) -> list[str]:
        """List what is wrong, by field."""
        wrong = [
            (form[name].label, error)
            for form in (*self._forms(), *self.windows.forms)
            for name, errors in form.errors.items()
            for error in errors
        ]
        return [*(f"{label}: {error}" for label, error in wrong), *self._too_many()]

    def changes(self) -> dict[str, Any]:
        """Write what was sent as `set_preferences` takes it."""
        wanted = self.wanted.cleaned_data
        plain = ("subscribed", "topic", "priority", "category", "language")
        return {**{name: wanted[name] for name in plain}, "delivery": self.delivery()}

    def delivery(self) -> dict[str, Any]:
        wanted = self.wanted.cleaned_data
        limited = zip(ladder.CHANNELS, (each.cleaned_data for each in self.limits), strict=True)
        return {
            "timezone": wanted["timezone"],
            "quiet_hours": self.quiet.shown(),
            "windows": [found for each in self.windows.forms if (found := each.shown())],
            "digest": {"mode": wanted["mode"], "at": wanted["at"]},
            "ladder": ladder.shown(wanted["ladder"]),
            "limits": {kind: limit for kind, limit in limited if limit["count"]},
            "one_by_one": wanted["one_by_one"],
        }

    def _too_many(self) -> list[str]:
        return [str(error) for error in self.windows.non_form_errors()]

    def _forms(self) -> list[forms.Form]:
        return [self.wanted, self.quiet, *self.limits]


def timing_of(delivery: Mapping[str, Any]) -> Timing:
    return Timing.read(delivery, ZoneInfo(delivery["timezone"]))


def _ends(hours: Mapping[str, str]) -> dict[str, str]:
    return {"start": hours["from"], "end": hours["until"]}
