"""PJSIP's own log as ours: for debugging, without user parts of URIs."""

from __future__ import annotations

import re
from typing import Any, Final

import pjsua2 as pj
import structlog

from ims_avatar.signalling.message_trace import OnMessage, message_in

log = structlog.get_logger()

_USER_PART: Final = re.compile(r"(sips?:|tel:)[^@\s>;]*@?", re.IGNORECASE)


class LogWriter(pj.LogWriter):  # type: ignore[misc]
    """pjsip's own log, for debugging, without user parts of URIs."""

    def __init__(self, on_message: OnMessage | None) -> None:
        super().__init__()
        self._on_message = on_message
        self.listened: list[str] | None = None
        """Not None: entries are put here instead of the log."""

    def write(self, entry: Any) -> None:
        if self.listened is not None:
            self.listened.append(entry.msg.rstrip())
            return
        seen = message_in(entry.msg) if self._on_message else None
        if seen and self._on_message:
            self._on_message(*seen)
            return
        log.debug("pjsip", level_of_pjsip=entry.level, text=_USER_PART.sub(r"\1…", entry.msg.strip()))
