"""What synthesisers say of their phonemes' time, as phoneme spans that lie under the sound."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan, groups_of_ipa, spans_of

_ESPEAK_DELAY = 0.015
"""Seconds espeak-ng's phoneme events come late."""
_PIPER_DELAY = 0.035
"""Seconds piper's phonemes come late: with it, the mean level of p t k b d g is lowest and that of vowels highest."""
_STRESS = "ˈˌ"
_LENGTHENING = "ːˑ"
_STOPS = (PhonemeGroup.BILABIAL, PhonemeGroup.ALVEOLAR, PhonemeGroup.VELAR)

Mark = tuple[float, tuple[PhonemeGroup, ...]]
"""Where something begins, in seconds, and what."""


def espeak_spans(phonemes: Sequence[tuple[int, str]], samples: int, rate: int) -> list[PhonemeSpan]:
    """`phonemes`: (first sample, IPA) in order, of `samples` in all; `(en)` and the like mark another language."""
    marks = [
        (start / rate, (PhonemeGroup.PAUSE,) if ipa.startswith("(") else groups_of_ipa(ipa)) for start, ipa in phonemes
    ]
    return _spans(marks, samples / rate, _ESPEAK_DELAY)


def piper_spans(phonemes: Sequence[tuple[str, int]], rate: int) -> list[PhonemeSpan]:
    """`phonemes`: (sign of the voice's alphabet, samples) in order: IPA letters, stress, length, punctuation, spaces.

    A stress mark is the beginning of the vowel after it, a length mark the end of the vowel before. The gap between
    two words is the closure of a stop that follows, else it belongs to what was before.
    """
    marks: list[Mark] = []
    at = 0
    began: int | None = None  # of the sign that is still to come
    gap: int | None = None
    for sign, samples in phonemes:
        if sign in _STRESS:
            began = at if began is None else began
        elif sign == " ":
            gap = at
        elif sign not in _LENGTHENING:
            groups = groups_of_ipa(sign)
            start = at if began is None else began
            if gap is not None and groups[0] in _STOPS:
                start = gap
            marks.append((start / rate, groups))
            began = gap = None
        at += samples
    return _spans(marks, at / rate, _PIPER_DELAY)


def _spans(marks: Sequence[Mark], seconds: float, delay: float) -> list[PhonemeSpan]:
    starts = [max(0.0, start - delay) for start, _ in marks]
    spans: list[PhonemeSpan] = []
    for (start, end), (_, groups) in zip(pairwise([*starts, seconds]), marks, strict=True):
        if end > start:
            spans += spans_of(start, end, groups)
    return spans
