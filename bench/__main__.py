"""Run the benches one after the other, each on servers of its own."""

import os
import signal
import subprocess
import sys

from bench import inside, servers
from bench.figures import FULL
from bench.stage import Stage

BENCHES = {
    "fanout": [Stage(on_mariadb=True, with_redis=True)],
    "inbox": [Stage(on_mariadb=True)],
    "crawl": [Stage(), Stage(on_mariadb=True, with_redis=True, only_full=True)],
    "sockets": [Stage(on_mariadb=True, with_redis=True)],
    "events": [Stage(on_mariadb=True, with_redis=True)],
    "match": [Stage(), Stage(on_mariadb=True)],
    "deliveries": [Stage(on_mariadb=True, with_redis=True)],
    "letters": [Stage(on_mariadb=True, with_redis=True)],
    "pages": [Stage(on_mariadb=True, with_redis=True)],
    "sign_in": [Stage(), Stage(on_mariadb=True, with_redis=True)],
}


def main() -> int:
    # So that a bench that is told to end takes its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    only = os.environ.get("ONLY")
    if only and only not in BENCHES:
        sys.exit(f"ONLY: there is no bench '{only}'; there are {', '.join(BENCHES)}.")
    if FULL and not only:
        sys.exit(f"FULL=1 takes one bench at a time: ONLY={'|'.join(BENCHES)}.")
    codes = [_run(name) for name in ([only] if only else BENCHES)]
    return max(codes)


def _run(name: str) -> int:
    """Run a bench on each of its stages; what it says on stdout is ours."""
    code = 0
    for stage in BENCHES[name]:
        if stage.only_full and not FULL:
            continue
        sys.stderr.write(f"{name} …\n")
        with stage.set_up() as environment:
            command = inside.command(f"bench.{name}")
            with subprocess.Popen(command, env=environment, cwd=servers.ROOT) as child:  # noqa: S603 - our own words
                try:
                    child.wait()
                finally:
                    servers.stop(child)  # so that it, too, can end what it began
        code = max(code, abs(child.returncode))
    return code


if __name__ == "__main__":
    sys.exit(main())
