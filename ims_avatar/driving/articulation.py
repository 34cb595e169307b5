"""From phonemes to lips: the project's drawn truth.

Every phoneme group has an articulatory target, a lip code; neighbours pull on each other through dominance functions
(M. Cohen, D. Massaro: Modeling coarticulation in synthetic visual speech, 1993): the code at time t is the mean of all
targets, weighted by alpha * exp(-theta * distance from the phoneme). alpha is given for each group and component: a t,
which does not care about rounding, lets the u after it round the lips early. Two things a mean of targets cannot do are
done after it: p b m really close the lips, f v really tuck the lower one, at a speed that lips can have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.phonemes import GROUP_COUNT, VOWELS, PhonemeGroup, PhonemeSpan
from ims_avatar.flow import LIP_CODE_SIZE

Codes = NDArray[np.float32]

FRAME_RATE = 25.0
_GRID_RATE = 200.0
"""Rate in Hz at which trajectories are computed before they are read at the instants asked for."""

TARGETS: dict[PhonemeGroup, tuple[float, ...]] = {
    # opening, width, rounding, upper-lip raise, tuck, jaw, corners, tongue
    PhonemeGroup.PAUSE: (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    PhonemeGroup.BILABIAL: (0.0, -0.02, 0.05, 0.0, 0.0, 0.04, 0.0, 0.0),
    PhonemeGroup.LABIODENTAL: (0.05, 0.0, 0.0, 0.04, 1.0, 0.05, 0.0, 0.0),
    PhonemeGroup.DENTAL: (0.13, 0.01, 0.0, 0.01, 0.0, 0.10, 0.0, 1.0),
    PhonemeGroup.ALVEOLAR: (0.13, 0.03, 0.0, 0.01, 0.0, 0.09, 0.0, 0.35),
    PhonemeGroup.LATERAL: (0.18, 0.02, 0.0, 0.01, 0.0, 0.14, 0.0, 0.75),
    PhonemeGroup.VELAR: (0.17, 0.0, 0.0, 0.01, 0.0, 0.14, 0.0, 0.0),
    PhonemeGroup.POSTALVEOLAR: (0.15, -0.11, 0.45, 0.05, 0.0, 0.07, 0.0, 0.0),
    PhonemeGroup.SIBILANT: (0.09, 0.06, 0.0, 0.03, 0.0, 0.03, 0.01, 0.0),
    PhonemeGroup.RHOTIC: (0.13, -0.05, 0.30, 0.02, 0.0, 0.10, 0.0, 0.10),
    PhonemeGroup.LABIOVELAR: (0.05, -0.24, 1.0, 0.01, 0.0, 0.08, 0.0, 0.0),
    PhonemeGroup.PALATAL: (0.11, 0.10, 0.0, 0.02, 0.0, 0.06, 0.02, 0.0),
    PhonemeGroup.OPEN: (0.50, 0.0, 0.0, 0.05, 0.0, 0.42, -0.02, 0.0),
    PhonemeGroup.OPEN_FRONT: (0.42, 0.09, 0.0, 0.07, 0.0, 0.33, 0.0, 0.05),
    PhonemeGroup.MID_FRONT: (0.29, 0.10, 0.0, 0.05, 0.0, 0.22, 0.01, 0.05),
    PhonemeGroup.CENTRAL: (0.24, 0.0, 0.05, 0.02, 0.0, 0.19, 0.0, 0.0),
    PhonemeGroup.CLOSE_FRONT: (0.15, 0.15, 0.0, 0.04, 0.0, 0.08, 0.03, 0.05),
    PhonemeGroup.MID_BACK: (0.31, -0.16, 0.65, 0.03, 0.0, 0.28, -0.01, 0.0),
    PhonemeGroup.CLOSE_BACK: (0.11, -0.25, 1.0, 0.02, 0.0, 0.12, -0.01, 0.0),
    PhonemeGroup.FRONT_ROUNDED: (0.15, -0.20, 0.9, 0.03, 0.0, 0.12, 0.0, 0.0),
    PhonemeGroup.GLOTTAL: (0.20, 0.0, 0.0, 0.01, 0.0, 0.16, 0.0, 0.0),
}
"""The lip code each group would reach if it lasted long. Lengths in neutral mouth widths, see `flow.LipCode`."""

_VOWEL_ALPHA = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
_CONSONANT_ALPHA = (0.6, 0.15, 0.12, 0.5, 1.0, 0.6, 0.3, 1.0)
_ALPHA: dict[PhonemeGroup, tuple[float, ...]] = {
    PhonemeGroup.PAUSE: (2.0, 1.0, 1.0, 1.0, 1.0, 1.5, 1.0, 1.0),
    PhonemeGroup.BILABIAL: (1.5, 0.15, 0.12, 0.8, 1.0, 0.6, 0.3, 1.0),
    PhonemeGroup.LABIODENTAL: (1.2, 0.25, 0.25, 1.0, 3.0, 0.8, 0.3, 1.0),
    PhonemeGroup.SIBILANT: (1.1, 0.35, 0.3, 0.6, 1.0, 1.3, 0.4, 1.0),
    PhonemeGroup.POSTALVEOLAR: (1.0, 0.8, 0.8, 1.0, 1.0, 1.2, 0.4, 1.0),
    PhonemeGroup.RHOTIC: (0.6, 0.4, 0.4, 0.5, 1.0, 0.6, 0.3, 1.0),
    PhonemeGroup.LABIOVELAR: (1.2, 1.5, 1.5, 0.8, 1.0, 0.9, 0.5, 1.0),
    PhonemeGroup.PALATAL: (0.7, 0.5, 0.5, 0.6, 1.0, 0.8, 0.5, 1.0),
    PhonemeGroup.GLOTTAL: (0.15, 0.05, 0.05, 0.1, 0.3, 0.15, 0.05, 0.3),
}
"""Dominance of each group on each component; groups not named take the vowels' or the consonants' row."""

_THETA_BEFORE = np.array([28.0, 14.0, 12.0, 28.0, 32.0, 22.0, 12.0, 28.0])
_THETA_AFTER = np.array([28.0, 20.0, 18.0, 28.0, 32.0, 22.0, 12.0, 28.0])
"""Fall of dominance in 1/s before a phoneme (anticipation) and after it, by component: lips round early."""

_LIP_SPEED = 6.0
"""Fastest closing and opening at a bilabial in mouth widths a second (lower lip and jaw together about 0.3 m/s)."""
_SHORTEST_HOLD = 0.045
"""Seconds a closure or tuck is held at least: one picture of a 25 fps film always falls into it, as the eye expects."""
_SMOOTHING = 0.018
"""Standard deviation in seconds of the smoothing that takes the cusps from the dominance functions."""


def lip_codes(spans: Sequence[PhonemeSpan], times: NDArray[np.float64]) -> Codes:
    """The lip code at each of `times` (s, any order), float32 (N, 8), of speech whose phonemes are `spans` (in order).

    Before the first and after the last span the mouth rests closed.
    """
    if len(times) == 0:
        return np.zeros((0, LIP_CODE_SIZE), np.float32)
    margin = 0.2
    first = float(np.floor((float(times.min()) - margin) * _GRID_RATE))
    last = float(np.ceil((float(times.max()) + margin) * _GRID_RATE))
    grid = np.arange(first, last + 1) / _GRID_RATE
    padded = _with_pauses(spans, grid[0] - 1.0, grid[-1] + 1.0)
    curve = _smooth(_blend(padded, grid))
    _close_lips(curve, padded, grid)
    curve[:, 2] = np.clip(curve[:, 2], 0.0, 1.0)
    out = np.stack([np.interp(times, grid, curve[:, k]) for k in range(LIP_CODE_SIZE)], axis=1)
    return out.astype(np.float32)


def lip_code_trajectory(spans: Sequence[PhonemeSpan], duration: float, frame_rate: float = FRAME_RATE) -> Codes:
    """Lip codes of frames 0, 1, 2 ... of a film: frame n shows the instant n / frame_rate. float32 (N, 8)."""
    return lip_codes(spans, np.arange(int(duration * frame_rate)) / frame_rate)


def _with_pauses(spans: Sequence[PhonemeSpan], start: float, end: float) -> list[PhonemeSpan]:
    """The same speech without a gap from `start` to `end`."""
    out: list[PhonemeSpan] = []
    at = start
    for span in spans:
        if span.start > at + 1e-4:
            out.append(PhonemeSpan(at, span.start, PhonemeGroup.PAUSE))
        if span.end > span.start:
            out.append(span)
        at = max(at, span.end)
    if at < end:
        out.append(PhonemeSpan(at, end, PhonemeGroup.PAUSE))
    return out


def _alpha_table() -> NDArray[np.float64]:
    rows = [_ALPHA.get(g, _VOWEL_ALPHA if g in VOWELS else _CONSONANT_ALPHA) for g in PhonemeGroup]
    return np.array(rows, dtype=np.float64)


def _target_table() -> NDArray[np.float64]:
    return np.array([TARGETS[PhonemeGroup(g)] for g in range(GROUP_COUNT)], dtype=np.float64)


def _core(span: PhonemeSpan) -> tuple[float, float]:
    """Where a phoneme is fully itself: the middle half; a pause: all but 40 ms after speech and 60 ms before."""
    length = span.end - span.start
    if span.group is PhonemeGroup.PAUSE and length > 0.12:
        return span.start + 0.04, span.end - 0.06
    return span.start + 0.25 * length, span.end - 0.25 * length


def _blend(spans: Sequence[PhonemeSpan], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of all targets weighted by dominance: float64 (len(grid), 8)."""
    targets, alphas = _target_table(), _alpha_table()
    weighted = np.zeros((len(grid), LIP_CODE_SIZE))
    total = np.full((len(grid), LIP_CODE_SIZE), 1e-9)
    reach = 0.6  # s; beyond it the slowest dominance has fallen to 1/1000
    for span in spans:
        begin, end = _core(span)
        low, high = np.searchsorted(grid, [begin - reach, end + reach])
        t = grid[low:high, None]
        before = np.maximum(begin - t, 0.0) * _THETA_BEFORE
        after = np.maximum(t - end, 0.0) * _THETA_AFTER
        weight = alphas[span.group] * np.exp(-before - after)
        weighted[low:high] += weight * targets[span.group]
        total[low:high] += weight
    blended: NDArray[np.float64] = weighted / total
    return blended


def _smooth(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    reach = int(3 * _SMOOTHING * _GRID_RATE)
    x = np.arange(-reach, reach + 1) / (_SMOOTHING * _GRID_RATE)
    kernel = np.exp(-0.5 * x * x)
    kernel /= kernel.sum()
    padded = np.pad(curve, ((reach, reach), (0, 0)), mode="edge")
    columns = [np.convolve(padded[:, k], kernel, mode="valid") for k in range(curve.shape[1])]
    return np.stack(columns, axis=1)


def _close_lips(curve: NDArray[np.float64], spans: Sequence[PhonemeSpan], grid: NDArray[np.float64]) -> None:
    """Makes p b m close and f v tuck, in place, whatever the neighbours want."""
    for span in spans:
        if span.group not in (PhonemeGroup.BILABIAL, PhonemeGroup.LABIODENTAL):
            continue
        length = span.end - span.start
        middle = span.start + 0.45 * length  # the burst at the end belongs to the opening movement
        half = max(0.35 * length, _SHORTEST_HOLD / 2)
        low, high = np.searchsorted(grid, [middle - half - 0.2, middle + half + 0.2])
        distance = np.maximum(np.abs(grid[low:high] - middle) - half, 0.0)
        ceiling = _LIP_SPEED * distance
        if span.group is PhonemeGroup.LABIODENTAL:
            ceiling = ceiling + TARGETS[span.group][0]
            held = np.clip(1.0 - distance / 0.06, 0.0, 1.0)
            curve[low:high, 4] = np.maximum(curve[low:high, 4], held * held * (3 - 2 * held))
        curve[low:high, 0] = np.minimum(curve[low:high, 0], ceiling)
