"""Why somebody who was at the provider is not signed in. Messages are for the log, and name no
secret; `reason` chooses what the page says.

    NotSignedInError
    ├── ProviderAwayError       it does not answer, or not as OpenID Connect has it
    ├── DeniedError             it let nobody in
    ├── StaleError              not begun in this browser, finished before, or too long ago
    ├── ForgedError             what came back proves nothing
    ├── UnverifiedThereError    it does not vouch for the e-mail address
    ├── UnverifiedHereError     there is an account with the address, which was never verified
    └── ClosedError             the account was closed
"""


class NotSignedInError(Exception):
    reason = ""


class ProviderAwayError(NotSignedInError):
    reason = "away"


class DeniedError(NotSignedInError):
    reason = "denied"


class StaleError(NotSignedInError):
    reason = "stale"


class ForgedError(NotSignedInError):
    reason = "forged"


class UnverifiedThereError(NotSignedInError):
    reason = "unverified there"


class UnverifiedHereError(NotSignedInError):
    """Else who signs up with somebody's address would own what that one brings along later."""

    reason = "unverified here"


class ClosedError(NotSignedInError):
    reason = "closed"
