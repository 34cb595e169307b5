"""Sentences to speak: Debian's fortune files, by language. Only their sound is used; no text goes into a model."""

from __future__ import annotations

import re
from pathlib import Path

FORTUNES = Path("/usr/share/games/fortunes")
PATTERNS = {"en": "*", "de": "de/*", "es": "es/*", "it": "it/*", "pt": "brasil*", "pl": "pl/*", "ru": "ru/*"}
"""Files below `FORTUNES` by language (packages fortunes, fortunes-de, -es, -it, -br, -pl, -ru)."""


class CorpusMissing(RuntimeError):
    """Something a corpus needs is not installed; says what to install."""


def sentences(language: str) -> list[str]:
    """Sentences of 20–160 characters, in the order of the files; digits and odd signs are left out."""
    found: list[str] = []
    for path in sorted(FORTUNES.glob(PATTERNS[language])):
        if path.suffix in (".dat", ".u8") or path.is_dir() or path.is_symlink():
            continue
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        for quote in re.split(r"\n%+\n", text):
            plain = re.sub(r"[^\w\s',.?!;:-]|[\d_]", "", re.sub(r"\s+", " ", quote))
            found += [s.strip() for s in re.split(r"(?<=[.?!]) ", plain) if 20 < len(s.strip()) < 160]
    if not found:
        raise CorpusMissing(f"no {language} sentences under {FORTUNES}: apt-get install fortunes fortunes-{language}")
    return found
