"""A text as a speaker reads it: line by line, each followed by a pause. Plain text, or SSML (W3C, version 1.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ims_avatar.driving.speech_ssml import PARAGRAPH_PAUSE, SENTENCE_PAUSE, Break, Part, Words, is_ssml, read_ssml
from ims_avatar.errors import ScriptError

_LONGEST = 300
"""Letters of one line at most; a longer sentence is cut at a comma or a space: synthesisers take it whole."""

_SENTENCE_END = re.compile(r"""(?:(?<=[.!?…])|(?<=[.!?…]["'”’»)\]]))\s+|(?<=[。！？])""")
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "approx", "e.g", "i.e", "z.b", "d.h", "usw", "nr"}
)
_CUT = re.compile(r".*(?:[,;:–—]\s|\s)", re.DOTALL)
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Line:
    """What is said in one go, then silence."""

    text: str
    """Empty for a pause alone."""
    pause: float
    """Seconds of silence after the text."""


Script: TypeAlias = tuple[Line, ...]


def read_script(text: str) -> Script:
    """The lines of a text. SSML when it begins with `<speak` or an XML declaration, plain text otherwise.

    Raises `ScriptError` when nothing in it can be said, or for bad SSML.
    """
    parts = read_ssml(text) if is_ssml(text) else list(_plain_parts(text))
    lines = tuple(_lines(parts))
    if not any(letter.isalnum() for line in lines for letter in line.text):
        raise ScriptError("the text holds nothing that can be said", remedy="give at least one word")
    return lines


def read_script_file(path: Path) -> Script:
    """The lines of a text file in UTF-8. Raises `ScriptError` as `read_script` does, and when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ScriptError(f"{path} cannot be read ({error.strerror})", remedy="name a text file") from error
    except UnicodeDecodeError as error:
        raise ScriptError(f"{path} is no text in UTF-8 (byte {error.start})", remedy="save it as UTF-8") from error
    return read_script(text)


def _plain_parts(text: str) -> Iterator[Part]:
    for paragraph in _PARAGRAPH.split(text):
        yield Words(paragraph)
        yield Break(PARAGRAPH_PAUSE, replaces=False)


def _lines(parts: list[Part]) -> Iterator[Line]:
    """Words and breaks as lines. A break that the author wrote stands instead of the pause that would be there."""
    waiting: Line | None = None
    written = False
    for part in parts:
        if isinstance(part, Words):
            for sentence in sentences(part.text):
                if waiting:
                    yield waiting
                waiting, written = Line(sentence, SENTENCE_PAUSE), False
        elif part.replaces:
            if waiting and written:
                yield waiting
                waiting = None
            waiting, written = Line(waiting.text if waiting else "", part.seconds), True
        elif waiting and not written:
            waiting = Line(waiting.text, max(waiting.pause, part.seconds))
    if waiting:
        yield waiting


def sentences(text: str) -> Iterator[str]:
    """The sentences of running text, without the white space around them; none is longer than a breath."""
    whole = ""
    for piece in _SENTENCE_END.split(_tidy(text)):
        whole = f"{whole} {piece}".strip()
        if not _goes_on(whole):
            yield from _breaths(whole)
            whole = ""
    yield from _breaths(whole)


def _tidy(text: str) -> str:
    """One space between words, no control characters; `[[`, with which synthesisers mark raw phonemes, is no mark."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text)
    return re.sub(r"\s+", " ", kept).replace("[[", "[ [").strip()


def _goes_on(piece: str) -> bool:
    """Whether the full stop belongs to an abbreviation or an initial, or nothing was said yet."""
    last = piece.rsplit(" ", 1)[-1].lstrip("\"'“‘«([").removesuffix(".").lower()
    initial = len(last) == 1 and last.isalpha() and last != "i"
    abbreviated = piece.endswith(".") and (initial or last in _ABBREVIATIONS)
    return abbreviated or not any(letter.isalnum() for letter in piece)


def _breaths(sentence: str) -> Iterator[str]:
    while len(sentence) > _LONGEST:
        found = _CUT.match(sentence[:_LONGEST])
        cut = found.end() if found else _LONGEST
        yield sentence[:cut].strip()
        sentence = sentence[cut:]
    if sentence.strip():
        yield sentence.strip()
