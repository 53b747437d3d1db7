"""The provider as a test has it: started, asked, told to lie."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from accounts.oidc.tests import provider_site
from newsnotify.tests.processes import PATIENCE_SECONDS, free_port


class RealProvider:
    """A provider process for one client, on a port of its own."""

    def __init__(self, folder: Path, public_url: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        callback = f"{public_url}/api/v1/auth/callback"
        script = provider_site.__file__
        self.command = [
            sys.executable,
            script,
            str(self.port),
            str(folder),
            callback,
            f"{public_url}/",
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "OIDC_ISSUER": self.url,
            "OIDC_CLIENT_ID": provider_site.CLIENT_ID,
            "OIDC_CLIENT_SECRET": provider_site.CLIENT_SECRET,
        }

    def __enter__(self) -> "RealProvider":
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            self.command, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith(provider_site.READY), line
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()

    def say(self, **what: Any) -> None:
        requests.post(f"{self.url}/control/", json=what, timeout=30).raise_for_status()
