"""A receiver of webhooks that verifies what comes, as the Standard Webhooks library does."""

from collections import Counter
from typing import Any

from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from newsnotify.lib.tests.servers import Answer, Request, Server


class Sink(Server):
    """Knows a secret for each path, refuses what is not signed with it, and counts the rest."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.secrets: dict[str, str] = {}
        self.refused: list[Request] = []
        self._taken: list[tuple[str, str, bytes]] = []  # title, webhook-id, body

    def _take(self, request: Request) -> Answer:
        try:
            verifier = Verifier(self.secrets[request.path])
            told: Any = verifier.verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            self.refused.append(request)
            return Answer(401)
        self._taken.append((told["data"]["title"], request.headers["webhook-id"], request.body))
        return Answer()

    def seen(self, title: str) -> Counter[str]:
        """Count by id what came of titles that begin so; one id has one body."""
        taken = [row for row in list(self._taken) if row[0].startswith(title)]
        assert len({row[1:] for row in taken}) == len({row[1] for row in taken})
        return Counter(name for _, name, _ in taken)
