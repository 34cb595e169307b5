"""Random stretches of frames for training, disturbed once more where that is cheap: on the features themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ims_avatar.driving.features import CENTRE_DB, FEATURES, SCALE_DB, SILENT
from ims_avatar.training.speech.dataset import Frames

_NOISY = 0.4
"""Share of the stretches that get noise of their own at every draw: lines of the corpora are fixed, and learnt."""
_LEAST_SNR_DB, _MOST_SNR_DB = 3.0, 30.0
_UNEVEN_DB = 8.0
"""Spread of a noise's spectrum about a flat one."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Features (N, T, FEATURES), and for the frames that have a full window: codes (N, T', 8), groups (N, T')."""

    features: Tensor
    codes: Tensor
    groups: Tensor


class Sampler:
    """Draws stretches of `length` usable frames from several sources with given shares."""

    def __init__(self, sources: Mapping[str, Frames], shares: Mapping[str, float], context: int, seed: int) -> None:
        self._sources = [sources[name] for name in shares]
        total = sum(shares.values())
        self._shares = [shares[name] / total for name in shares]
        self._context = context
        self._rng = np.random.default_rng(seed)

    def draw(self, count: int, length: int) -> Batch:
        features, codes, groups = [], [], []
        for k in self._rng.choice(len(self._sources), count, p=self._shares):
            source = self._sources[k]
            at = int(self._rng.integers(0, len(source.groups) - length - self._context + 1))
            used = slice(at + self._context - 1, at + self._context - 1 + length)
            features.append(source.features[at : at + length + self._context - 1])
            codes.append(source.codes[used])
            groups.append(source.groups[used])
        return Batch(
            torch.from_numpy(np.stack(features).astype(np.float32)),
            torch.from_numpy(np.stack(codes).astype(np.float32)),
            torch.from_numpy(np.stack(groups).astype(np.int64)),
        )


def disturb(features: Tensor, generator: torch.Generator) -> Tensor:
    """Another vocal tract (bands shifted by up to 15 %), another line (smooth equaliser), another level estimate."""
    n = features.shape[0]
    warp = 1.0 + (torch.rand(n, 1, generator=generator) - 0.5) * 0.30
    position = (torch.arange(FEATURES)[None] * warp).clamp(0, FEATURES - 1.001)
    low = position.long()
    share = (position - low)[:, None, :]
    index = low[:, None, :].expand(-1, features.shape[1], -1)
    warped = features.gather(2, index) * (1 - share) + features.gather(2, index + 1) * share
    curve = torch.randn(n, 1, 6, generator=generator) * 0.25
    equaliser = torch.nn.functional.interpolate(curve, size=FEATURES, mode="linear", align_corners=True)
    level = torch.randn(n, 1, 1, generator=generator) * 0.15
    heard = (warped > SILENT).float()
    jitter = torch.randn(warped.shape, generator=generator) * 0.05
    return (warped + (equaliser + level + jitter) * heard).clamp(SILENT, -SILENT)


def add_noise(features: Tensor, generator: torch.Generator) -> Tensor:
    """Noise of a smooth random spectrum under some of the stretches, (N, T, FEATURES).

    Powers of speech and noise add up in every band. Noise of few degrees of freedom flickers: a band's power in one
    frame is a mean of a few squares, here of four.
    """
    n, frames, _ = features.shape
    snr = torch.rand(n, 1, 1, generator=generator) * (_MOST_SNR_DB - _LEAST_SNR_DB) + _LEAST_SNR_DB
    shape = torch.randn(n, 1, 5, generator=generator) * _UNEVEN_DB
    level = torch.nn.functional.interpolate(shape, size=FEATURES, mode="linear", align_corners=True)
    level = level - level.mean(dim=2, keepdim=True) - snr - 10 * math.log10(FEATURES)
    flicker = torch.randn(4, n, frames, FEATURES, generator=generator).square().mean(dim=0).clamp_min(1e-3)
    noise = _power(level) * flicker
    noisy = torch.rand(n, 1, 1, generator=generator) < _NOISY
    summed = _from_power(_power(_decibels(features)) + noise)
    return torch.where(noisy, summed, features).clamp(SILENT, -SILENT)


def _decibels(features: Tensor) -> Tensor:
    """Features to dB re the level of the speech (see `driving.features`)."""
    return features * SCALE_DB + CENTRE_DB


def _power(db: Tensor) -> Tensor:
    return torch.pow(10.0, db / 10)


def _from_power(power: Tensor) -> Tensor:
    """Power re that of the speech to features."""
    return (10 * torch.log10(power) - CENTRE_DB) / SCALE_DB
