"""SDP text to numbered lines, sorted into the session and its m= sections. Raises `BadRequest` for what is no SDP."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NoReturn

from ims_avatar.errors import BadRequest

MAX_BYTES: Final = 32_768
MAX_LINE: Final = 2_048
MAX_MEDIA: Final = 16
"""PJMEDIA_MAX_SDP_MEDIA."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PERSONAL: Final = "osiuep"
"""Lines that may name people are not quoted in errors."""


@dataclass(slots=True)
class Section:
    """Lines of the session or of one m= line, as (line number, value)."""

    lines: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, number: int, kind: str, value: str) -> None:
        self.lines.setdefault(kind, []).append((number, value))

    def all(self, kind: str) -> list[tuple[int, str]]:
        return self.lines.get(kind, [])

    def one(self, kind: str) -> tuple[int, str] | None:
        found = self.all(kind)
        if len(found) > 1:
            number, value = found[1]
            fail(number, kind, value, f"a second {kind}= line in one section contradicts line {found[0][0]}")
        return found[0] if found else None


def fail(number: int, kind: str, value: str, cause: str) -> NoReturn:
    quoted = f": {kind + '=' + value[:80]!r}" if kind not in _PERSONAL else f" ({kind}= line)"
    raise BadRequest(
        f"SDP line {number}: {cause}{quoted}", remedy="the peer must send a description that follows RFC 4566"
    )


def _text(body: bytes | str) -> str:
    try:
        size = len(body) if isinstance(body, bytes) else len(body.encode())
        text = body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1 if isinstance(body, bytes) else 1
        raise BadRequest(f"SDP line {line}: byte {error.start} is not UTF-8", remedy="send UTF-8") from None
    except UnicodeEncodeError:
        raise BadRequest("SDP holds characters that UTF-8 has not", remedy="send UTF-8") from None
    if size > MAX_BYTES:
        raise BadRequest(f"SDP of {size} bytes is oversized", remedy=f"send at most {MAX_BYTES} bytes")
    if not text.strip():
        raise BadRequest("SDP is empty", remedy="send a session description")
    return text


def sections_of(body: bytes | str) -> tuple[Section, list[Section]]:
    """(session, one for each m= line). Lines may end in CRLF or LF."""
    session, media = Section(), list[Section]()
    for number, raw in enumerate(_text(body).rstrip("\r\n").split("\n"), start=1):
        line = raw.removesuffix("\r")
        kind, value = line[:1], line[2:]
        if line[1:2] != "=" or kind not in "vosiuepcbtrzkam":
            fail(number, kind or " ", value, "not a 'type=value' line of RFC 4566")
        if len(line) > MAX_LINE:
            fail(number, kind, value, f"longer than {MAX_LINE} characters")
        if _CONTROL.search(line):
            fail(number, kind, value, "control characters")
        if (number == 1) != (kind == "v"):
            fail(number, kind, value, "v= must be the first line, and only there")
        if kind == "m":
            media.append(Section())
            if len(media) > MAX_MEDIA:
                fail(number, kind, value, f"more than {MAX_MEDIA} m= lines")
        elif media and kind not in "icbka":
            fail(number, kind, value, f"{kind}= must stand before the first m= line")
        (media[-1] if media else session).add(number, kind, value)
    return session, media
