"""The shape of `delivery` in the preferences: when, in which order and how often."""

from typing import Any, Never

from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import validate_time_zone
from newsnotify.lib.saying import said
from newsnotify.lib.sentences import gettext_noop
from subscriptions import ladder, limits
from subscriptions.ladder import CHANNELS, NO_CHANNEL
from subscriptions.preferences import DELIVERY
from subscriptions.timing import DAYS, Mode

LONGEST_LINE = 500
_TOO_LONG = gettext_noop("A ladder has at most %(most)s characters.")
NO_DAY = gettext_lazy("There is no day '{input}', only {known}.")
NO_MODE = gettext_lazy("There is no mode '{input}', only {known}.")


class NameField(serializers.ChoiceField):
    """One of several names; whoever gives another is told which there are."""

    def __init__(self, refusal: StrOrPromise, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        self.error_messages["invalid_choice"] = refusal

    def fail(self, key: str, **kwargs: Any) -> Never:
        super().fail(key, known=", ".join(map(str, self.choices)), **kwargs)


class YesNoField(serializers.BooleanField):
    """Yes or no; a form that does not name it says neither, where DRF would take that for no."""

    default_empty_html = serializers.empty


class ClockField(serializers.RegexField):
    """A time of day, `HH:MM`."""

    default_error_messages = {"invalid": gettext_lazy("Expected a time of day such as 22:30.")}  # noqa: RUF012 - DRF's way

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^([01]\d|2[0-3]):[0-5]\d\Z", **kwargs)


class QuietHoursSerializer(serializers.Serializer[Any]):
    until = ClockField()

    def get_fields(self) -> dict[str, Any]:
        return {"from": ClockField(), **super().get_fields()}  # `from` is no name in Python


class WindowSerializer(QuietHoursSerializer):
    days = serializers.ListField(child=NameField(NO_DAY, DAYS), allow_empty=False, max_length=7)


class DigestSerializer(serializers.Serializer[Any]):
    mode = NameField(NO_MODE, list(Mode))
    at = ClockField(default=DELIVERY["digest"]["at"])


class StepSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField(max_length=50)
    after = serializers.CharField(max_length=50)
    min_priority = serializers.CharField(max_length=50, required=False)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "example": "in-app now, push after 20 s, SMS after 30 min if high"},
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["channel", "after"],
                    "properties": {
                        "channel": {"type": "string", "enum": list(CHANNELS)},
                        "after": {"type": "string", "example": "10m"},
                        "min_priority": {"type": "string", "enum": list(ladder.PRIORITIES)},
                    },
                },
            },
        ]
    }
)
class LadderField(serializers.ListField):
    """A list of steps, or the line that says them; shown as the list."""

    child = StepSerializer()

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        try:
            if not isinstance(data, str):
                return ladder.shown(ladder.read(super().to_internal_value(data)))
            if len(data) > LONGEST_LINE:
                raise ValueError(_TOO_LONG % {"most": LONGEST_LINE})
            return ladder.shown(ladder.parse(data))
        except ValueError as error:
            raise serializers.ValidationError(said(str(error))) from error


class LimitSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=1, max_value=limits.MOST)
    minutes = serializers.IntegerField(min_value=1, max_value=limits.LONGEST_MINUTES)


class LimitsField(serializers.DictField):
    """A limit for each kind of channel that has one."""

    child = LimitSerializer()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and (unknown := [key for key in data if key not in CHANNELS]):
            known = ", ".join(CHANNELS)
            values = {"name": str(unknown[0])[:50], "known": known}
            raise serializers.ValidationError(said(NO_CHANNEL % values))
        return dict(super().to_internal_value(data))


class DeliverySerializer(serializers.Serializer[Any]):
    timezone = serializers.CharField(max_length=64, validators=[validate_time_zone], required=False)
    quiet_hours = QuietHoursSerializer(required=False, allow_null=True)
    windows = serializers.ListField(child=WindowSerializer(), required=False, max_length=50)
    digest = DigestSerializer(required=False)
    ladder = LadderField(required=False, max_length=ladder.MOST_STEPS)
    limits = LimitsField(required=False)
    one_by_one = YesNoField(
        required=False,
        help_text="Each article in a message of its own, also where many of one source follow "
        "within minutes. Shown where it is true.",
    )
