"""The peers' turns on the feeds that we crawl, and how far we are ahead of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import hosts, peers
from bench.figures import figure, missing

# What a peer may have done while we had this, and how the figure's name tells.
_COMPARED = {"cold": {"cold": ""}, "unchanged": {"unchanged": "", "read_again": "_reading_again"}}


@dataclass(frozen=True, slots=True)
class Run:
    peer: peers.Peer
    kind: str  # cold, unchanged, or read_again: nothing was new, and all was read
    took: peers.Taken


class Race:
    def __init__(self, name: str, urls: list[str], port: int, where: Path) -> None:
        self._name, self._count, self._port = name, len(urls), port
        self._peers: list[peers.Peer] = []
        self._runs: list[Run] = []
        for found in peers.prepared(urls, where):
            if isinstance(found, peers.Peer):
                self._peers.append(found)
            else:
                missing(f"{name}.{found[0]}", found[1])

    def run_cold(self) -> None:
        """Let each crawl into its empty store."""
        for peer in list(self._peers):
            self._run(peer, is_cold=True)

    def run_again(self) -> None:
        """Let each crawl again, until it has answers to have left out what it knows."""
        for peer in list(self._peers):
            for _ in range(1, peer.runs):
                if peer in self._peers:
                    self._run(peer, is_cold=False)

    def _run(self, peer: peers.Peer, *, is_cold: bool) -> None:
        before = self._answers()
        try:
            took, answers = peers.run(peer), self._answers() - before
            if answers.total() != self._count:
                raise peers.NotMeasured(f"{peer.name} brought {dict(answers)} of {self._count}")
        except peers.NotMeasured as error:
            missing(f"{self._name}.{peer.name}", str(error))
            self._peers.remove(peer)
            return
        again = "unchanged" if answers["304"] == self._count else "read_again"
        self._runs.append(Run(peer, "cold" if is_cold else again, took))

    def _answers(self) -> Counter[str]:
        return Counter(hosts.told("127.0.0.1", self._port)["answers"])

    def compare(self, turn: str, rate: float, settings: dict[str, Any]) -> None:
        """Say how our rate in a turn is to that of each peer's runs."""
        for run in self._runs:
            if run.kind in _COMPARED[turn]:
                name = f"{self._name}.{turn}.to_{run.peer.name}{_COMPARED[turn][run.kind]}"
                for suffix, how, theirs in self._rates(run):
                    figure(
                        f"{name}{suffix}", rate, "feeds/s", ratio=rate / theirs,
                        peer=f"{run.peer.how}{how}: {theirs:.1f} feeds/s", **settings,
                    )  # fmt: skip

    def _rates(self, run: Run) -> Iterator[tuple[str, str, float]]:
        cpu_ms = run.took.cpu_seconds / self._count * 1000
        yield "", f", {cpu_ms:.2f} ms of CPU a feed", self._count / run.took.seconds
        if run.took.told_seconds:
            yield "_once_started", ", without its start", self._count / run.took.told_seconds
