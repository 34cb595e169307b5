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
    """Draws stretches of `length` usable frames from several sources with given shares, on the device they are for."""

    def __init__(
        self,
        sources: Mapping[str, Frames],
        shares: Mapping[str, float],
        context: int,
        seed: int,
        device: torch.device | None = None,
    ) -> None:
        on = device or torch.device("cpu")
        self._sources = [
            tuple(torch.from_numpy(part).to(on) for part in (frames.features, frames.codes, frames.groups))
            for frames in (sources[name] for name in shares)
        ]
        total = sum(shares.values())
        self._shares = [shares[name] / total for name in shares]
        self._context = context
        self._rng = np.random.default_rng(seed)

    def draw(self, count: int, length: int) -> Batch:
        features, codes, groups = [], [], []
        for k in self._rng.choice(len(self._sources), count, p=self._shares):
            seen, shown, named = self._sources[k]
            at = int(self._rng.integers(0, len(named) - length - self._context + 1))
            used = slice(at + self._context - 1, at + self._context - 1 + length)
            features.append(seen[at : at + length + self._context - 1])
            codes.append(shown[used])
            groups.append(named[used])
        return Batch(torch.stack(features).float(), torch.stack(codes).float(), torch.stack(groups).long())


def disturb(features: Tensor, generator: torch.Generator) -> Tensor:
    """Another vocal tract (bands shifted by up to 15 %), another line (smooth equaliser), another level estimate.

    The generator is of the device that the features are on.
    """
    n, on = features.shape[0], features.device
    warp = 1.0 + (torch.rand(n, 1, generator=generator, device=on) - 0.5) * 0.30
    position = (torch.arange(FEATURES, device=on)[None] * warp).clamp(0, FEATURES - 1.001)
    low = position.long()
    share = (position - low)[:, None, :]
    index = low[:, None, :].expand(-1, features.shape[1], -1)
    warped = features.gather(2, index) * (1 - share) + features.gather(2, index + 1) * share
    curve = torch.randn(n, 1, 6, generator=generator, device=on) * 0.25
    equaliser = torch.nn.functional.interpolate(curve, size=FEATURES, mode="linear", align_corners=True)
    level = torch.randn(n, 1, 1, generator=generator, device=on) * 0.15
    heard = (warped > SILENT).float()
    jitter = torch.randn(warped.shape, generator=generator, device=on) * 0.05
    return (warped + (equaliser + level + jitter) * heard).clamp(SILENT, -SILENT)


def add_noise(features: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Noise of a smooth random spectrum under a share of the stretches, (N, T, FEATURES), drawn anew every time.

    Powers of speech and noise add up in every band. Noise of few degrees of freedom flickers: a band's power in one
    frame is a mean of a few squares, here of four.
    """
    n, frames, _ = features.shape
    on = features.device
    snr = torch.rand(n, 1, 1, generator=generator, device=on) * (_MOST_SNR_DB - _LEAST_SNR_DB) + _LEAST_SNR_DB
    shape = torch.randn(n, 1, 5, generator=generator, device=on) * _UNEVEN_DB
    level = torch.nn.functional.interpolate(shape, size=FEATURES, mode="linear", align_corners=True)
    level = level - level.mean(dim=2, keepdim=True) - snr - 10 * math.log10(FEATURES)
    flicker = torch.randn(4, n, frames, FEATURES, generator=generator, device=on).square().mean(dim=0).clamp_min(1e-3)
    noisy = torch.rand(n, 1, 1, generator=generator, device=on) < share
    summed = _power(features * SCALE_DB + CENTRE_DB) + _power(level) * flicker
    with_noise = (10 * torch.log10(summed) - CENTRE_DB) / SCALE_DB
    return torch.where(noisy, with_noise, features).clamp(SILENT, -SILENT)


def _power(db: Tensor) -> Tensor:
    return torch.pow(10.0, db / 10)
