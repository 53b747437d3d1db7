"""How many of the newest articles contain a gram: what is frequent there is a bad anchor.

Nothing depends on it but the time that matching takes, so every process counts by itself.
"""

import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from news.models import Article
from subscriptions.keywords import Document, anchors

SAMPLE = 1_000  # articles
KEEP_SECONDS = 600.0


class Frequencies(NamedTuple):
    """What was counted, by the keys of grams, and in how many articles."""

    counts: Counter[int]
    sample: int

    def per_thousand(self, gram: str) -> float:
        """Tell how many of a thousand articles contain a gram, or guess where few were seen."""
        if anchors.is_scoped(gram):
            return anchors.rarity(gram)
        guess, seen = anchors.rarity(gram), self.counts[anchors.key(gram)]
        if seen:
            return 1000 * seen / self.sample
        return min(guess, 1000 / self.sample) if self.sample else guess

    @classmethod
    def of(cls, articles: Iterable[tuple[str, str]]) -> "Frequencies":
        """Count in titles and summaries; what only one of them has counts as none."""
        counts: Counter[int] = Counter()
        sample = 0
        for sample, (title, summary) in enumerate(articles, 1):  # noqa: B007 - their number
            counts.update(anchors.keys_of(Document.of(title=title, message=summary)))
        several = Counter({key: seen for key, seen in counts.items() if seen > 1})
        return cls(several, sample)


_known = Frequencies(Counter(), 0)
_known_until = 0.0  # by the monotonic clock


def frequencies() -> Frequencies:
    """Tell how frequent grams were when this process counted last."""
    global _known, _known_until
    if time.monotonic() >= _known_until:
        newest = Article.objects.order_by("-pk").without_contents()[:SAMPLE]
        texts = ((article.title, article.summary) for article in newest)
        _known, _known_until = Frequencies.of(texts), time.monotonic() + KEEP_SECONDS
    return _known
