"""What attempts and deliveries say of themselves: kept in rows in English, read by people.

Whoever shows it says it with `said`; what a server answered in its own words stays as it is.
"""

from newsnotify.lib.sentences import gettext_noop

OUR_FAULT = gettext_noop("A fault of ours: %(name)s.")
NOT_PACKED = gettext_noop("A fault of ours: it could not be packed.")
UNREADABLE = gettext_noop("Sealed with a key that is not among SECRET_KEY_FALLBACKS.")
NO_CODE = gettext_noop("This kind of channel needs no code.")
NO_ANSWER_IN_TIME = gettext_noop("no answer in time")
NO_ANSWER_IN_SECONDS = gettext_noop("No answer within %(n)s seconds.")

ANSWERED = gettext_noop("It answered %(status)s.")
REDIRECTS = gettext_noop(
    "It answered %(status)s; redirects are not followed, give its last address."
)

SERVICE_SILENT = gettext_noop("no answer")
SERVICE_LATE = gettext_noop("no answer within %(n)s s")
SERVICE_ANSWERED = gettext_noop("answered %(code)s")
NO_SMS = gettext_noop("SMS_URL is not set")
UNKNOWN_SMS = gettext_noop("Apprise does not know SMS_URL")

MAIL_SLOW = gettext_noop("the mail server is too slow")
MAIL_SERVER = gettext_noop("mail server: %(said)s")
MAIL_UNCLEAR = gettext_noop("the mail service's answer is not understood")
MAIL_REFUSES = gettext_noop("the mail service refuses this recipient")
MAIL_SILENT = gettext_noop("the mail service did not answer")
MAIL_ANSWERED = gettext_noop("the mail service answered %(code)s")

GONE = gettext_noop("The address is gone.")
FIVE_DAYS = gettext_noop("It failed for five days. %(why)s")
STOPPED = gettext_noop("Stopped by the link in a letter.")

UNKNOWN = gettext_noop("outcome unknown: it may have been sent; replay it to send it again")
POISONOUS = gettext_noop("its worker died %(n)s times")
EVENT_GONE = gettext_noop("its event is gone")
LEFT_ALONE = gettext_noop("%(name)s failed and is left alone")
