"""What the pages of the subscription centre take."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from news.models import Topic
from subscriptions.keywords.grammar import LENGTH
from subscriptions.models import RuleAction, Subscription
from subscriptions.priorities import Priority

TELL = "tell"
THEN = [
    (TELL, _("tell me")),
    (RuleAction.READ, _("mark it read")),
    (RuleAction.SILENCE, _("do not tell me")),
    (RuleAction.RAISE, _("raise its priority")),
    (RuleAction.LOWER, _("lower its priority")),
]
PRIORITIES = [
    (Priority.LOW, _("everything")),
    (Priority.MEDIUM, _("medium priority and above")),
    (Priority.HIGH, _("high priority and above")),
    (Priority.CRITICAL, _("critical only")),
]
KEEP, NEVER, PAUSE = "keep", "never", "pause"
MUTES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
STATES = [
    (KEEP, _("leave as it is")),
    (NEVER, _("tell me")),
    ("hour", _("mute for an hour")),
    ("day", _("mute for a day")),
    ("week", _("mute for a week")),
    (PAUSE, _("pause")),
]


class QueryForm(forms.Form):
    """What to look for, where, and what is to happen then."""

    query = forms.CharField(
        label=_("When news has"),
        max_length=LENGTH,
        help_text=_(
            "Words that must all be there. Also: “a phrase”, this OR that, -without, "
            "begin*, title:word, source:name, topic:name."
        ),
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": _("climate -sport “carbon tax”"),
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(),
        label=_("In"),
        to_field_name="slug",
        required=False,
        empty_label=_("all topics"),
    )
    then = forms.ChoiceField(label=_("Then"), choices=THEN, initial=TELL)


class LookForm(QueryForm):
    """The same while it is only tried; what is not to be known there is nothing."""

    then = forms.ChoiceField(choices=THEN, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["query"].required = False


class OptionsForm(forms.Form):
    """How a subscription is told."""

    min_priority = forms.ChoiceField(choices=PRIORITIES)
    state = forms.ChoiceField(choices=STATES)

    def changes(self, now: datetime) -> dict[str, Any]:
        state = self.cleaned_data["state"]
        changes = {"min_priority": Priority(self.cleaned_data["min_priority"]).rank}
        if state == KEEP:
            return changes
        until = now + MUTES[state] if state in MUTES else None
        return {**changes, "is_paused": state == PAUSE, "muted_until": until}


class UnfollowForm(forms.Form):
    """Which subscriptions to end."""

    unfollow = forms.ModelMultipleChoiceField(Subscription.objects.none())

    def __init__(self, user: User, *args: Any) -> None:
        super().__init__(*args)
        self.fields["unfollow"] = forms.ModelMultipleChoiceField(user.subscriptions.all())
