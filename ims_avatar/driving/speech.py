"""Speech: samples and, at the same time, what the lips do in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """A spoken line."""

    samples: NDArray[np.int16]
    """Mono, shape (n,)."""
    rate: int
    """Samples a second."""
    spans: tuple[PhonemeSpan, ...]
    """In order, in seconds from the first sample."""


class Voice(Protocol):
    """Says lines, one at a time."""

    def speak(self, text: str) -> Speech:
        """`text` is one sentence or so. Raises `SpeechUnavailable` when the synthesiser fails."""
        ...

    def close(self) -> None: ...


def trimmed(speech: Speech, edge: float) -> Speech:
    """The same speech with exactly `edge` seconds around its first and last phoneme; silent speech becomes empty."""
    spoken = [span for span in speech.spans if span.group is not PhonemeGroup.PAUSE]
    if not spoken:
        return Speech(np.zeros(0, np.int16), speech.rate, ())
    first = round((spoken[0].start - edge) * speech.rate)
    last = round((spoken[-1].end + edge) * speech.rate)
    kept = speech.samples[max(first, 0) : last]
    before = max(-first, 0)
    padded = np.zeros(last - first, np.int16)
    padded[before : before + len(kept)] = kept
    shift = first / speech.rate
    spans = tuple(PhonemeSpan(span.start - shift, span.end - shift, span.group) for span in spoken)
    return Speech(padded, speech.rate, spans)
