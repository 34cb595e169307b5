"""The fence between the voice and everything that is done beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class SidePath:
    """The outermost loop of a path beside the voice (tap, picture). An error there is logged once and shuts that path
    until `reopen`; the relay that called never sees it."""

    def __init__(self, name: str, call: str) -> None:
        self.name = name
        self.open = True
        self._call = call

    def run(self, work: Callable[..., T], *arguments: Any) -> T | None:
        """The work's result; None when the path is shut, by this work or before it."""
        if not self.open:
            return None
        try:
            return work(*arguments)
        except Exception:  # noqa: BLE001 - outermost loop of the path, see the class
            self.open = False
            _log.exception("path shut, the voice goes on", path=self.name, call=self._call)
        return None

    def reopen(self) -> None:
        self.open = True
