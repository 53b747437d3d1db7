"""lemon24/reader, run by the Python of an environment that has it and nothing of ours.

Arguments: its database, a file with URLs, how many workers. Says how many seconds updating took.
"""

import importlib
import sys
import time
from pathlib import Path


def main(database: str, urls: str, workers: str) -> None:
    reader = importlib.import_module("reader").make_reader(database)
    for url in Path(urls).read_text(encoding="ascii").split():
        reader.add_feed(url, exist_ok=True)
    begun = time.perf_counter()
    reader.update_feeds(scheduled=False, workers=int(workers))
    sys.stdout.write(str(time.perf_counter() - begun))


if __name__ == "__main__":
    main(*sys.argv[1:])
