"""What training needs beyond the program itself."""

from __future__ import annotations

from importlib.util import find_spec

from ims_avatar.errors import TrainingError

INSTALL = "pip install 'ims-avatar[train]'"


def require(*packages: str) -> None:
    """Raises `TrainingError` naming those of the Python packages that are not installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise TrainingError(f"training needs {', '.join(missing)}", remedy=INSTALL)
