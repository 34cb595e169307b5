"""How far two recordings of the same thing lie apart in time, by their content."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alignment:
    """`lag` seconds: how much later `series` shows what `reference` shows. `correlation`: how alike they are then."""

    lag: float
    correlation: float


def align(reference: Series, series: Series, rate: float, earliest: float, latest: float) -> Alignment | None:
    """The lag in [earliest, latest] seconds at which `series` fits `reference` best; None when nothing can be compared.

    Both are sampled at `rate` Hz from the same instant on. The correlation is Pearson's over the part where both exist,
    the lag is refined below one sample by a parabola through the best three.
    """
    lags = range(round(earliest * rate), round(latest * rate) + 1)
    scores = np.array([_pearson(*_overlap(reference, series, lag)) for lag in lags])
    if not len(scores) or not np.isfinite(scores).any():
        return None
    best = int(np.nanargmax(scores))
    shift = 0.0
    if 0 < best < len(scores) - 1 and np.isfinite(scores[best - 1 : best + 2]).all():
        before, peak, after = scores[best - 1 : best + 2]
        bend = before - 2 * peak + after
        shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return Alignment((lags[best] + float(shift)) / rate, float(scores[best]))


def _overlap(reference: Series, series: Series, lag: int) -> tuple[Series, Series]:
    if lag >= 0:
        size = min(len(reference), len(series) - lag)
        return reference[: max(size, 0)], series[lag : lag + max(size, 0)]
    size = min(len(reference) + lag, len(series))
    return reference[-lag : -lag + max(size, 0)], series[: max(size, 0)]


def _pearson(one: Series, other: Series) -> float:
    if len(one) < 8:
        return float("nan")
    one, other = one - one.mean(), other - other.mean()
    power = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / power if power > 1e-9 else float("nan")


def delays(
    sent: Series, received: Series, rate: int, *, window: float = 0.5, latest: float = 1.0, quiet: float = 200.0
) -> list[float]:
    """The delay in seconds of each `window` of `sent` in `received`; both start at the same instant.

    Windows that are quieter than `quiet` (root mean square) or that are not found again are left out.
    """
    size, reach = round(window * rate), round(latest * rate)
    found = []
    for start in range(0, len(sent) - size + 1, size):
        piece, where = sent[start : start + size], received[start : start + size + reach]
        if np.sqrt(np.mean(piece**2)) < quiet or len(where) < size + rate // 100:
            continue
        scores = _sliding_pearson(piece, where)
        best = int(np.argmax(scores))
        if scores[best] >= 0.7:
            found.append(best / rate)
    return found


def _sliding_pearson(piece: Series, where: Series) -> Series:
    """Pearson's correlation of `piece` with every equally long part of `where`."""
    size = len(piece)
    piece = piece - piece.mean()
    length = 1 << int(np.ceil(np.log2(len(where) + size)))
    spectrum = np.fft.rfft(where, length) * np.conj(np.fft.rfft(piece, length))
    products = np.fft.irfft(spectrum, length)[: len(where) - size + 1]
    sums, squares = (np.concatenate(([0.0], np.cumsum(where**power))) for power in (1, 2))
    total = sums[size:] - sums[:-size]
    energy = np.maximum(squares[size:] - squares[:-size] - total**2 / size, 1e-9)
    return np.asarray(products / np.sqrt(energy * float(piece @ piece) + 1e-9), np.float64)


def envelope(sound: NDArray[np.int16], rate: int, frames_per_second: float, count: int) -> Series:
    """Loudness of `sound` around each of `count` picture instants k / frames_per_second, log10 of the power."""
    power = np.concatenate(([0.0], np.cumsum(sound.astype(np.float64) ** 2)))
    instants = np.arange(count) / frames_per_second
    half = 0.5 / frames_per_second
    low = np.clip(((instants - half) * rate).astype(int), 0, len(sound))
    high = np.clip(((instants + half) * rate).astype(int), 0, len(sound))
    mean = (power[high] - power[low]) / np.maximum(high - low, 1)
    return np.asarray(np.log10(np.maximum(mean, 100.0**2)), np.float64)
