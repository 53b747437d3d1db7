"""What a bench stands on: a database and servers of its own, told to it by the environment."""

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import inside, servers
from bench.figures import FULL

# What a shell has that is no setting of the product's.
_KEPT = ("PATH", "LANG", "FULL", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers beside the product; the rest is as one process at home has it."""

    on_mariadb: bool = False
    with_redis: bool = False
    only_full: bool = False

    @contextlib.contextmanager
    def set_up(self) -> Iterator[Mapping[str, str]]:
        """Start the servers and migrate; yields the environment that names them."""
        with contextlib.ExitStack() as started:
            environment = _plain(started.enter_context(servers.folder()))
            if self.on_mariadb:
                # The log as for a server that much is asked of: with MariaDB's 96 MB pages go to
                # disk all the time, and some transactions wait for that twice as long.
                memory = ("4G", "1G") if FULL else ("256M", "96M")
                environment["DATABASE_URL"] = started.enter_context(servers.mariadb(*memory))
            if self.with_redis:
                environment["REDIS_URL"] = started.enter_context(servers.redis())
            migrate = inside.command("bench.inside", "migrate")
            subprocess.run(migrate, env=environment, cwd=servers.ROOT, check=True)  # noqa: S603 - our own words
            yield environment


def _plain(data_dir: Path) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "HOME": str(data_dir),
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "newsnotify.settings",
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": secrets.token_hex(32),
        "RATE_LIMITS": "0",
        "SEED_SOURCES": "0",
        "OUTBOUND_ALLOW": "127.0.0.0/8",
        "LOG_LEVEL": "warning",
    }
