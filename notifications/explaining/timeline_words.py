"""What happened when, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.explaining import channel_words
from notifications.explaining.findings import Moment, Step

_STEPS: dict[Step, str | Promise] = {
    Step.PUBLISHED: gettext_lazy("Published by “%(name)s”"),
    Step.SEEN: gettext_lazy("Found in “%(name)s”"),
    Step.ACCEPTED: gettext_lazy("Accepted here"),
    Step.RELEASED: gettext_lazy("Released"),
    Step.TOLD: gettext_lazy("In your inbox"),
    Step.TOLD_ALL: gettext_lazy("Everybody was told"),
    Step.WITHDRAWN: gettext_lazy("Taken back"),
    Step.READ: gettext_lazy("Read"),
}


def moment(one: Moment) -> str:
    """Say what happened, or will."""
    if one.way:
        names = {
            "kind": channel_words.kind(one.way.kind),
            "result": channel_words.outcome(one.result),
        }
        return _("%(kind)s: %(result)s") % names
    if one.step is Step.RELEASED and one.is_ahead:
        return _("To be released")
    if one.step is Step.ACCEPTED and one.name:
        return _("Posted by “%(name)s”") % {"name": one.name}
    return str(_STEPS[one.step]) % {"name": one.name}
