"""Labelled speech: what every corpus script yields, and how it is kept on disk (plain arrays only)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan

SAMPLE_RATE = 8000
"""Hz; the telephone band is all the encoder is ever trained on."""

Split = Literal["train", "held_voice", "held_recording", "held_speaker"]
"""train; voices of the synthesiser never trained on; recordings of trained speakers never trained on; speakers never
trained on. Decided where the corpus is made, so that nothing held out can slip in later."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording: int16 mono at 8 kHz, its phoneme groups in time, who speaks, and where it comes from."""

    name: str
    source: str
    voice: str
    split: Split
    samples: NDArray[np.int16]
    spans: tuple[PhonemeSpan, ...]

    @property
    def duration(self) -> float:
        return len(self.samples) / SAMPLE_RATE


def to_int16(samples: NDArray[np.float32], peak: float = 20000.0) -> NDArray[np.int16]:
    """Scales so that the loudest sample is `peak`; silence stays silence."""
    loudest = float(np.abs(samples).max(initial=0.0))
    scaled = samples * (peak / loudest) if loudest > 0 else samples
    return np.round(scaled).astype(np.int16)


def to_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """int16 to float32 in -1..1."""
    return samples.astype(np.float32) * np.float32(1 / 32768)


def frame_levels(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Level of each 10 ms in dB."""
    hop = SAMPLE_RATE // 100
    frames = samples[: len(samples) // hop * hop].astype(np.float64).reshape(-1, hop)
    level: NDArray[np.float64] = 10 * np.log10((frames**2).mean(axis=1) + 1e-3)
    return level


def silence_pauses(samples: NDArray[np.int16], spans: Sequence[PhonemeSpan]) -> tuple[PhonemeSpan, ...]:
    """Turns what lies in real silence of 0.12 s or more into a pause: aligners stretch the last phoneme over it."""
    level = frame_levels(samples)
    loud = np.concatenate([[True], level > np.percentile(level, 95) - 38.0, [True]])
    edges = np.flatnonzero(loud)
    out = list(spans)
    for begin, end in zip(edges[:-1], edges[1:] - 1, strict=True):
        if end - begin >= 12:
            out = [piece for span in out for piece in _without(span, begin / 100, end / 100)]
    return tuple(out)


def _without(span: PhonemeSpan, begin: float, end: float) -> list[PhonemeSpan]:
    """The parts of `span` outside [begin, end); of two parts the longer one is the phoneme."""
    if span.group is PhonemeGroup.PAUSE or span.end <= begin or span.start >= end:
        return [span]
    parts = [
        PhonemeSpan(span.start, min(span.end, begin), span.group),
        PhonemeSpan(max(span.start, end), span.end, span.group),
    ]
    whole = [p for p in parts if p.end - p.start > 0.005]
    return sorted(whole, key=lambda p: p.end - p.start)[-1:]


def spans_to_json(spans: Iterable[PhonemeSpan]) -> list[tuple[float, float, str]]:
    return [(round(s.start, 4), round(s.end, 4), s.group.name) for s in spans]


def spans_from_json(rows: Iterable[Sequence[float | str]]) -> tuple[PhonemeSpan, ...]:
    return tuple(PhonemeSpan(float(a), float(b), PhonemeGroup[str(g)]) for a, b, g in rows)


def save(folder: Path, name: str, utterances: Sequence[Utterance]) -> None:
    """Writes NAME.npz (all samples in one row) and NAME.json (what belongs to each stretch of it)."""
    folder.mkdir(parents=True, exist_ok=True)
    joined = np.concatenate([u.samples for u in utterances]) if utterances else np.zeros(0, np.int16)
    np.savez(folder / f"{name}.npz", samples=joined)
    rows = [
        {
            "name": u.name,
            "source": u.source,
            "voice": u.voice,
            "split": u.split,
            "length": len(u.samples),
            "spans": spans_to_json(u.spans),
        }
        for u in utterances
    ]
    unfinished = folder / f"{name}.part.json"
    unfinished.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(folder / f"{name}.json")  # last: a corpus is there once its JSON is


def load(folder: Path, name: str) -> list[Utterance]:
    """Reads what `save` wrote."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as archive:
        joined = archive["samples"]
    out: list[Utterance] = []
    at = 0
    for row in json.loads((folder / f"{name}.json").read_text(encoding="utf-8")):
        part = joined[at : at + row["length"]]
        at += row["length"]
        out.append(
            Utterance(row["name"], row["source"], row["voice"], row["split"], part, spans_from_json(row["spans"]))
        )
    return out
