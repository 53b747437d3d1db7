"""What `SMS_URL` means: any service that Apprise knows, which the operator trusts."""

import logging

EXAMPLE = "an Apprise URL with {to} where the number belongs, such as twilio://SID:TOKEN@FROM/{to}"
PLACE = "{to}"
_NUMBER = "15551234567"


def known(url: str) -> str:
    """Return a URL that Apprise can use. Raises ValueError."""
    if "://" not in url or PLACE not in url:
        raise ValueError(url)
    from apprise import Apprise  # a quarter of a second, for those who send SMS

    theirs = logging.getLogger("apprise")
    former, theirs.disabled = theirs.disabled, True  # it would say what is wrong, secrets and all
    try:
        plugin = Apprise.instantiate(url.replace(PLACE, _NUMBER))
    finally:
        theirs.disabled = former
    if plugin is None:
        raise ValueError(url)
    return url
