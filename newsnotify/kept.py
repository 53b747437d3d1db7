"""Secrets that are made once and kept in `DATA_DIR`, for those who configured none."""

import os
import secrets
from pathlib import Path

from newsnotify.env import SettingError


def secret(folder: Path, name: str) -> str:
    """Read a secret; whoever comes first makes it, readable by its owner alone.

    It gets its name when it is whole, so that a process beside this one reads all or nothing.
    Raises SettingError when the folder cannot be used.
    """
    path = folder / name
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _make(path)
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        expected = f"a folder that can be read and written ({error.strerror})"
        raise SettingError("DATA_DIR", str(folder), expected) from error


def _make(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first
    finally:
        draft.unlink()
