"""Whole SIP messages out of pjsip's log, for a phone that shows what it said and heard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

OnMessage: TypeAlias = Callable[[bool, str], None]
"""(sent by us, text of the message). Called on the SIP thread, at once; must be quick. Holds personal data."""

_ENTRY: Final = re.compile(r"\b(TX|RX) \d+ bytes [^\n]*:\r?\n(.*?)\r?\n?--end msg--", re.DOTALL)
"""As pjsua_core.c writes it at log level 4 with message logging on."""


def message_in(entry: str) -> tuple[bool, str] | None:
    """(sent, message) when this log entry shows one. pjsip cuts it at PJ_LOG_MAX_SIZE (4000 bytes in most builds)."""
    found = _ENTRY.search(entry)
    return (found[1] == "TX", found[2]) if found else None
