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


def former(folder: Path, name: str) -> list[str]:
    """List the secrets that this one took the place of, the newest first."""
    path = _former(folder, name)
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def renew(folder: Path, name: str) -> None:
    """Put a new secret in the place of one, which joins the former ones."""
    old = secret(folder, name)
    known = [key for key in former(folder, name) if key != old]
    # First the old one: who is killed in between has it in both places, not in none.
    _draft(_former(folder, name), "\n".join([old, *known])).replace(_former(folder, name))
    _draft(folder / name, new()).replace(folder / name)


def forget(folder: Path, name: str) -> None:
    """Keep no former secret any more."""
    _former(folder, name).unlink(missing_ok=True)


def new() -> str:
    return secrets.token_urlsafe(48)


def _former(folder: Path, name: str) -> Path:
    return folder / f"{name}_fallbacks"


def _make(path: Path) -> None:
    draft = _draft(path, new())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first
    finally:
        draft.unlink()


def _draft(path: Path, text: str) -> Path:
    """Write a file beside the one it is for, readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return draft
