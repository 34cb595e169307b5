"""Phonemes as the lips see them: 21 groups (visemes, a little finer than usual) and the alphabets that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class PhonemeGroup(IntEnum):
    """What the mouth does, not what the ear hears: p b m are one group, because nobody can lip-read them apart."""

    PAUSE = 0
    BILABIAL = 1
    LABIODENTAL = 2
    DENTAL = 3
    ALVEOLAR = 4
    LATERAL = 5
    VELAR = 6
    POSTALVEOLAR = 7
    SIBILANT = 8
    RHOTIC = 9
    LABIOVELAR = 10
    PALATAL = 11
    OPEN = 12
    OPEN_FRONT = 13
    MID_FRONT = 14
    CENTRAL = 15
    CLOSE_FRONT = 16
    MID_BACK = 17
    CLOSE_BACK = 18
    FRONT_ROUNDED = 19
    GLOTTAL = 20


GROUP_COUNT = len(PhonemeGroup)

VOWELS = frozenset(PhonemeGroup(g) for g in range(PhonemeGroup.OPEN, PhonemeGroup.GLOTTAL))

_IPA: dict[PhonemeGroup, str] = {
    PhonemeGroup.BILABIAL: "pbmɓɸβ",
    PhonemeGroup.LABIODENTAL: "fvʋɱ",
    PhonemeGroup.DENTAL: "θð",
    PhonemeGroup.ALVEOLAR: "tdnʈɖɳɗ",
    PhonemeGroup.LATERAL: "lɫɭɬ",
    PhonemeGroup.VELAR: "kɡgŋxɣχqɢ",
    PhonemeGroup.POSTALVEOLAR: "ʃʒɕʑʂʐ",
    PhonemeGroup.SIBILANT: "szʦʣ",
    PhonemeGroup.RHOTIC: "ɹɾrɻɽ",
    PhonemeGroup.LABIOVELAR: "wʍɥ",
    PhonemeGroup.PALATAL: "jçɲʎcɟʝ",
    PhonemeGroup.OPEN: "aɑɐɒ",
    PhonemeGroup.OPEN_FRONT: "æ",
    PhonemeGroup.MID_FRONT: "eɛ",
    PhonemeGroup.CENTRAL: "əɜɚɝɘʌᵊɵ",
    PhonemeGroup.CLOSE_FRONT: "iɪɨᵻɯ",
    PhonemeGroup.MID_BACK: "oɔɤ",
    PhonemeGroup.CLOSE_BACK: "uʊʉᵿ",
    PhonemeGroup.FRONT_ROUNDED: "yʏøœɶ",
    PhonemeGroup.GLOTTAL: "hɦʔħʕʁʀ",
}
_GROUP_OF_IPA_LETTER = {letter: group for group, letters in _IPA.items() for letter in letters}
_AFFRICATES = {
    "tʃ": PhonemeGroup.POSTALVEOLAR,
    "dʒ": PhonemeGroup.POSTALVEOLAR,
    "tɕ": PhonemeGroup.POSTALVEOLAR,
    "dʑ": PhonemeGroup.POSTALVEOLAR,
    "tʂ": PhonemeGroup.POSTALVEOLAR,
    "dʐ": PhonemeGroup.POSTALVEOLAR,
    "ts": PhonemeGroup.SIBILANT,
    "dz": PhonemeGroup.SIBILANT,
}

_ARPABET = {
    "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "aw": "aʊ", "ax": "ə", "axr": "ɚ", "ay": "aɪ", "b": "b", "ch": "tʃ",
    "d": "d", "dh": "ð", "dx": "ɾ", "eh": "ɛ", "el": "l", "em": "m", "en": "n", "er": "ɝ", "ey": "eɪ", "f": "f",
    "g": "g", "hh": "h", "ih": "ɪ", "iy": "i", "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n", "ng": "ŋ",
    "ow": "oʊ", "oy": "ɔɪ", "p": "p", "r": "ɹ", "s": "s", "sh": "ʃ", "t": "t", "th": "θ", "uh": "ʊ", "uw": "u",
    "v": "v", "w": "w", "y": "j", "z": "z", "zh": "ʒ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PhonemeSpan:
    """One phoneme group from `start` to `end`, in seconds from the start of the recording."""

    start: float
    end: float
    group: PhonemeGroup


def groups_of_ipa(symbol: str) -> tuple[PhonemeGroup, ...]:
    """Groups of one IPA phoneme: several for a diphthong, (PAUSE,) for a pause, a tone or an unknown sign."""
    letters = "".join(letter for letter in symbol if letter in _GROUP_OF_IPA_LETTER)
    if letters in _AFFRICATES:
        return (_AFFRICATES[letters],)
    groups = [_GROUP_OF_IPA_LETTER[letter] for letter in letters]
    distinct = [g for i, g in enumerate(groups) if i == 0 or g != groups[i - 1]]
    return tuple(distinct) or (PhonemeGroup.PAUSE,)


def groups_of_arpabet(symbol: str) -> tuple[PhonemeGroup, ...]:
    """Groups of one ARPABET phoneme (CMU dictionary, flite): stress digits are ignored, unknown names are a pause."""
    return groups_of_ipa(_ARPABET.get(symbol.lower().rstrip("012"), ""))


def spans_of(start: float, end: float, groups: Sequence[PhonemeGroup]) -> list[PhonemeSpan]:
    """Spans of one phoneme; the first part of a diphthong takes 60 % of the time (nucleus, then glide)."""
    if len(groups) == 1:
        return [PhonemeSpan(start, end, groups[0])]
    head = start + 0.6 * (end - start)
    edges = [start, *np.linspace(head, end, len(groups))]
    return [PhonemeSpan(float(a), float(b), g) for a, b, g in zip(edges[:-1], edges[1:], groups, strict=True)]


def group_labels(spans: Sequence[PhonemeSpan], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """The group in force at each of `times` (s), shape (N,); PAUSE where no span covers it. Spans must be in order."""
    labels = np.full(len(times), int(PhonemeGroup.PAUSE), dtype=np.int64)
    if not spans:
        return labels
    starts = np.array([s.start for s in spans])
    ends = np.array([s.end for s in spans])
    groups = np.array([int(s.group) for s in spans])
    index = np.searchsorted(starts, times, side="right") - 1
    inside = (index >= 0) & (times < ends[np.maximum(index, 0)])
    labels[inside] = groups[index[inside]]
    return labels
