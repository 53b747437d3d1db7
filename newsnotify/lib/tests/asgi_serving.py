"""A real uvicorn on the loopback, in a thread, serving one ASGI application."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from newsnotify.lib import database_threads
from newsnotify.lib.asgi_types import App


@contextmanager
def serve(app: App, **options: Any) -> Iterator[str]:
    """Serve `app` until the block ends; gives `127.0.0.1:PORT`.

    The socket listens before the server runs, so that whoever connects early only waits.
    """
    config = uvicorn.Config(
        app, **{"log_config": None, "ws_per_message_deflate": False, "timeout_keep_alive": 60}
        | options
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            database_threads.close()
