"""SSML to words and breaks, by the standard library's expat. Entities are never expanded and nothing is fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn, TypeAlias
from xml.parsers import expat

import structlog

from ims_avatar.errors import ScriptError

_log = structlog.get_logger(__name__)

SENTENCE_PAUSE = 0.3
PARAGRAPH_PAUSE = 0.7
"""Seconds of silence after a sentence and after a paragraph, unless a break says otherwise."""
STRENGTHS = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2}
"""Seconds of `<break strength="...">` (SSML 1.1 section 3.2.3 leaves them to the processor)."""
LONGEST_BREAK = 60.0
_TIME = re.compile(r"\+?(\d+(?:\.\d+)?|\.\d+)(ms|s)")
"""A time as in CSS2, which SSML refers to."""
_READ_THROUGH = {"speak": 0.0, "s": SENTENCE_PAUSE, "p": PARAGRAPH_PAUSE, "paragraph": PARAGRAPH_PAUSE}
"""Tags whose contents are said, with the pause that ends them."""
_NOT_SAID = frozenset({"metadata", "meta", "lexicon", "desc", "mark"})


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Break:
    seconds: float
    replaces: bool = True
    """The author wrote it: it stands instead of the pause that would be there anyway."""


Part: TypeAlias = Words | Break


def is_ssml(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith(("<speak", "<?xml"))


def read_ssml(text: str) -> list[Part]:
    """The words and breaks of an SSML document, in order. Tags without meaning for us are read through, with a warning.

    Raises `ScriptError` naming line and tag: XML that is not well-formed, a document type (entities), a root that is
    not `<speak>`, a break whose time or strength is not one.
    """
    return _Reader().read(text.lstrip("\ufeff \t\r\n"))


class _Reader:
    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._words: list[str] = []
        self._open: list[tuple[str, int]] = []  # tag and line
        self._silent_depth = 0
        self._unknown: set[str] = set()
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._rooted = False

    def read(self, text: str) -> list[Part]:
        try:
            self._parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            inside = "".join(f", inside <{tag}> of line {line}" for tag, line in self._open[-1:])
            raise ScriptError(
                f"the SSML is not well-formed in line {error.lineno}: {expat.ErrorString(error.code)}{inside}",
                remedy="close every tag, and write & and < as &amp; and &lt;",
            ) from error
        self._flush()
        return self._parts

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if not self._rooted:
            if name != "speak":
                self._refuse(tag, "is not the root of SSML", "put the text between <speak> and </speak>")
            self._rooted = True
        self._open.append((tag, self._parser.CurrentLineNumber))
        if self._silent_depth or name in _NOT_SAID:
            self._silent_depth += 1
        elif name == "break":
            self._flush()
            self._parts.append(Break(self._seconds(tag, attributes)))
        elif name in _READ_THROUGH:
            self._flush()
        elif name not in self._unknown:
            self._unknown.add(name)
            _log.warning("SSML tag is read through", tag=name, line=self._parser.CurrentLineNumber)

    def _end(self, tag: str) -> None:
        self._open.pop()
        if self._silent_depth:
            self._silent_depth -= 1
            return
        pause = _READ_THROUGH.get(_local(tag))
        if pause is not None:
            self._flush()
            self._parts.append(Break(pause, replaces=False))

    def _text(self, text: str) -> None:
        if not self._silent_depth:
            self._words.append(text)

    def _flush(self) -> None:
        words = "".join(self._words)
        self._words.clear()
        if words.strip():
            self._parts.append(Words(words))

    def _doctype(self, *_: object) -> NoReturn:
        self._refuse("!DOCTYPE", "is not allowed", "leave the document type and its entities out")

    def _seconds(self, tag: str, attributes: dict[str, str]) -> float:
        time, strength = attributes.get("time"), attributes.get("strength", "medium")
        if time is not None:
            found = _TIME.fullmatch(time.strip())
            seconds = float(found[1]) / (1000 if found[2] == "ms" else 1) if found else -1.0
            if not 0 <= seconds <= LONGEST_BREAK:
                self._refuse(
                    tag, f"has time {time!r}, which is no time up to {LONGEST_BREAK:.0f} s", "write 500ms or 1.5s"
                )
            return seconds
        if strength not in STRENGTHS:
            self._refuse(tag, f"has strength {strength!r}", f"use one of: {', '.join(STRENGTHS)}")
        return STRENGTHS[strength]

    def _refuse(self, tag: str, what: str, remedy: str) -> NoReturn:
        raise ScriptError(f"line {self._parser.CurrentLineNumber} of the SSML: <{tag}> {what}", remedy=remedy)


def _local(tag: str) -> str:
    """The tag's name without a namespace prefix."""
    return tag.rsplit(":", 1)[-1].lower()
