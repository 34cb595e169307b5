"""Sentences to speak, by language, from Debian packages. Only their sound is used; no text goes into a model."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from ims_avatar.errors import CorpusMissing

FORTUNES = Path("/usr/share/games/fortunes")
PATTERNS = {
    "en": "*",
    "cs": "cs/*",
    "de": "de/*",
    "es": "es/*",
    "it": "it/*",
    "pl": "pl/*",
    "pt": "brasil*",
    "ru": "ru/*",
}
"""Files below `FORTUNES` by language (packages fortunes, fortunes-cs, -de, -es, -it, -pl, -br, -ru)."""
MANUALS = Path("/usr/share/man")
MANUAL_LANGUAGES = ("fr", "nl", "sv", "fi", "hu", "tr")
"""Languages without fortunes: manual pages below `MANUALS` (packages manpages-fr and so on)."""
_LARGEST_PAGE = 60_000


def sentences(language: str) -> list[str]:
    """Sentences of 20–160 characters, in the order of the files; digits and odd signs are left out.

    Raises `CorpusMissing` where no text of the language is installed.
    """
    manual = language in MANUAL_LANGUAGES
    found = [s for text in (_manual_pages(language) if manual else _fortunes(language)) for s in _sentences_of(text)]
    if not found:
        wanted = f"manpages-{language}" if manual else f"fortunes fortunes-{language}"
        where = MANUALS if manual else FORTUNES
        raise CorpusMissing(f"no {language} sentences under {where}", remedy=f"apt-get install {wanted}")
    return found


def _sentences_of(text: str) -> Iterator[str]:
    plain = re.sub(r"[^\w\s',.?!;:-]|[\d_]", "", re.sub(r"\s+", " ", text))
    return (s.strip() for s in re.split(r"(?<=[.?!]) ", plain) if 20 < len(s.strip()) < 160)


def _fortunes(language: str) -> Iterator[str]:
    for path in sorted(FORTUNES.glob(PATTERNS[language])):
        if path.suffix in (".dat", ".u8") or path.is_dir() or path.is_symlink():
            continue
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        yield from re.split(r"\n%+\n", text)


def _manual_pages(language: str) -> Iterator[str]:
    """Running text of the pages: paragraphs without requests, options and file names (see groff_man(7))."""
    for path in sorted((MANUALS / language).glob("man*/*.gz")):
        if path.is_symlink() or path.stat().st_size > _LARGEST_PAGE:
            continue
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        lines = ["" if line.startswith((".", "'")) else line for line in text.splitlines()]
        for paragraph in re.split(r"\n{2,}", "\n".join(lines)):
            plain = re.sub(r"\\f[A-Z]|\\[&,/|^]", "", paragraph.replace("\\ ", " ").replace("\\-", "-"))
            if not re.search(r"[\\/<>=@#{}$|\ufffd]|--|\w\(\d|[a-z]_[a-z]", plain):
                yield plain
