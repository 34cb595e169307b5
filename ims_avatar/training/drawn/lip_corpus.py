"""Lip codes without sound: what a renderer must be able to draw, for its training and for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.articulation import FRAME_RATE, TARGETS, lip_code_trajectory
from ims_avatar.driving.lip_range import HIGHEST, LOWEST
from ims_avatar.driving.phonemes import VOWELS, PhonemeGroup, PhonemeSpan
from ims_avatar.flow import LIP_CODE_SIZE

Codes = NDArray[np.float32]

_VOWEL_SHARES: dict[PhonemeGroup, float] = {
    PhonemeGroup.OPEN: 0.24,
    PhonemeGroup.OPEN_FRONT: 0.06,
    PhonemeGroup.MID_FRONT: 0.16,
    PhonemeGroup.CENTRAL: 0.16,
    PhonemeGroup.CLOSE_FRONT: 0.16,
    PhonemeGroup.MID_BACK: 0.11,
    PhonemeGroup.CLOSE_BACK: 0.08,
    PhonemeGroup.FRONT_ROUNDED: 0.03,
}
_CONSONANTS = [g for g in PhonemeGroup if g is not PhonemeGroup.PAUSE and g not in VOWELS]


def random_spans(rng: np.random.Generator, duration: float) -> list[PhonemeSpan]:
    """Babble with the rhythm of speech: phrases of syllables, a pause of 0.1–1.5 s after each, `duration` s in all."""
    vowels, shares = list(_VOWEL_SHARES), np.array(list(_VOWEL_SHARES.values()))
    shares = shares / shares.sum()
    spans: list[PhonemeSpan] = []
    at = float(rng.uniform(0.0, 0.4))
    while at < duration:
        tempo = float(rng.uniform(0.75, 1.5))
        for _ in range(int(rng.integers(3, 18))):
            groups = [PhonemeGroup(int(rng.choice(_CONSONANTS))) for _ in range(int(rng.integers(0, 3)))]
            groups.append(vowels[int(rng.choice(len(vowels), p=shares))])
            if rng.random() < 0.4:
                groups.append(PhonemeGroup(int(rng.choice(_CONSONANTS))))
            for group in groups:
                mean = 0.115 if group in VOWELS else 0.075
                length = float(np.clip(rng.lognormal(np.log(mean), 0.35), 0.03, 0.35)) / tempo
                spans.append(PhonemeSpan(at, at + length, group))
                at += length
        at += float(rng.choice([rng.uniform(0.1, 0.3), rng.uniform(0.3, 1.5)]))
    return [s for s in spans if s.end <= duration]


def speech_like(rng: np.random.Generator, frames: int) -> Codes:
    """`frames` pictures at 25 fps of one speaker, who mumbles or over-articulates: float32 (frames, 8)."""
    duration = frames / FRAME_RATE
    codes = lip_code_trajectory(random_spans(rng, duration), duration + 1.0)[:frames]
    effort = float(rng.uniform(0.7, 1.2))
    scale = np.array([effort, effort, 1.0, effort, 1.0, effort, 1.0, 1.0], dtype=np.float32)
    limited: Codes = np.clip(codes * scale, LOWEST, HIGHEST)
    return limited


def corner_cases(rng: np.random.Generator, count: int) -> Codes:
    """Held targets, mixtures of two of them, wild mouths, and single components moved alone: float32 (count, 8)."""
    targets = np.array([TARGETS[g] for g in PhonemeGroup], dtype=np.float32)
    out = np.zeros((count, LIP_CODE_SIZE), dtype=np.float32)
    for n in range(count):
        kind = n % 4
        if kind == 0:  # a target, weak or strong
            out[n] = targets[rng.integers(len(targets))] * rng.uniform(0.2, 1.25)
        elif kind == 1:  # on the way from one to another
            first, second = targets[rng.integers(len(targets), size=2)]
            share = rng.uniform()
            out[n] = share * first + (1 - share) * second
        elif kind == 2:  # a wild but possible mouth: jaw goes with the opening
            out[n] = rng.uniform(LOWEST, HIGHEST)
            out[n, 5] = np.clip(0.8 * out[n, 0] + rng.normal(0.0, 0.04), 0.0, HIGHEST[5])
            out[n, 4] *= rng.random() < 0.2
        else:  # rest, with one component a little off: what noise in the encoder looks like
            k = rng.integers(LIP_CODE_SIZE)
            out[n, k] = rng.uniform(LOWEST[k], HIGHEST[k]) * rng.uniform(0.0, 0.4)
    return np.clip(out, LOWEST, HIGHEST)


def random_lip_codes(rng: np.random.Generator, frames: int, corner_share: float = 0.25) -> Codes:
    """A training corpus for a renderer: speech-like trajectories, then corner cases. float32 (frames, 8)."""
    corners = int(frames * corner_share)
    speech: list[Codes] = []
    left = frames - corners
    while left > 0:
        part = min(left, 500)  # 20 s: another effort and tempo after it
        speech.append(speech_like(rng, part))
        left -= part
    return np.concatenate([*speech, corner_cases(rng, corners)])
