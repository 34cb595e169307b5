"""Which directories hold avatars when no configuration names them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

SHIPPED = Path(__file__).parent / "library"


def data_directory(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where this user keeps what ims-avatar made, by the XDG base directory specification; None for a user without one.

    XDG_DATA_HOME counts only if it is absolute, as the specification has it.
    """
    named = Path(environment.get("XDG_DATA_HOME", ""))
    if named.is_absolute():
        return named / "ims-avatar"
    home = Path(environment.get("HOME", ""))
    return home / ".local/share/ims-avatar" if home.is_absolute() else None


def user_directory(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where this user's own avatars are, whether or not it exists yet."""
    data = data_directory(environment)
    return None if data is None else data / "avatars"


def new_avatars_directory(configured: Sequence[Path]) -> Path | None:
    """Where a new avatar goes unless told otherwise: the first configured directory, else the user's own."""
    return configured[0] if configured else user_directory()
