"""The renderer's network: features of the reference once for each frame of the loop, then one crop for each lip code.

Pictures inside the network are 4:2:0 like outside: luma (B, 1, h, w) and chroma (B, 2, h/2, w/2), 0..1 for 0..255.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ims_avatar.driving.lip_range import HIGHEST, LOWEST
from ims_avatar.flow import LIP_CODE_SIZE

_OCTAVES = (math.pi / 2, math.pi, 2 * math.pi)
_WAVES = (torch.sin, torch.cos)
"""Sines of each component beside it, so that small changes of the code move edges (Tancik et al. 2020)."""


@dataclass(frozen=True, slots=True)
class RendererShape:
    """Sizes of the network."""

    width: int
    height: int
    detail: tuple[int, int, int, int]
    """left, top, width, height of the lips in the crop, even: they are drawn by more channels than the skin."""
    channels: tuple[int, int, int, int] = (16, 32, 64, 64)
    """At 1/2 (twice as many on the lips), 1/4, 1/8 and 1/16 of the crop."""
    code: int = 64


def convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2), nn.ReLU(inplace=True))


class Modulated(nn.Module):
    """Convolution whose channels the lip code scales and shifts (FiLM, Perez et al. 2018), with a short cut."""

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)
        self.film = nn.Linear(code, 2 * channels)
        nn.init.normal_(self.film.weight, std=0.02)
        nn.init.zeros_(self.film.bias)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.film(code)[:, :, None, None].chunk(2, dim=1)
        return x + functional.relu(self.conv(x) * (1 + scale) + shift)


class ReferenceEncoder(nn.Module):
    """Masked reference crop to features at 1/4, 1/8 and 1/16."""

    def __init__(self, shape: RendererShape) -> None:
        super().__init__()
        _, quarter, eighth, sixteenth = shape.channels
        self.to_half = convolution(4 + 2 + 4, 16)
        self.to_quarter = nn.Sequential(convolution(16, quarter, 3, 2), convolution(quarter, quarter))
        self.to_eighth = nn.Sequential(convolution(quarter, eighth, 3, 2), convolution(eighth, eighth))
        self.to_sixteenth = nn.Sequential(convolution(eighth, sixteenth, 3, 2), convolution(sixteenth, sixteenth))

    def forward(self, luma: Tensor, chroma: Tensor, visible: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`visible` (1, 1, h, w) is 1 where the reference may be seen and 0 where the mouth is cut out."""
        seen = functional.pixel_unshuffle(visible, 2)
        luma, chroma = functional.pixel_unshuffle(luma, 2) * seen, chroma * seen.mean(dim=1, keepdim=True)
        seen = seen.expand(luma.shape[0], -1, -1, -1)
        quarter = self.to_quarter(self.to_half(torch.cat([luma, chroma, seen], dim=1)))
        eighth = self.to_eighth(quarter)
        return quarter, eighth, self.to_sixteenth(eighth)


class LipDecoder(nn.Module):
    """Lip codes and features of the reference to crops."""

    def __init__(self, shape: RendererShape) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = shape.channels
        self.grid = (sixteenth, shape.height // 16, shape.width // 16)
        self.register_buffer("lowest", torch.from_numpy(LOWEST))
        self.register_buffer("range", torch.from_numpy(HIGHEST - LOWEST))
        self.code = nn.Sequential(
            nn.Linear(LIP_CODE_SIZE * (1 + 2 * len(_OCTAVES)), shape.code),
            nn.SiLU(),
            nn.Linear(shape.code, shape.code),
            nn.SiLU(),
        )
        self.place = nn.Linear(shape.code, sixteenth * self.grid[1] * self.grid[2])
        self.at_sixteenth = Modulated(sixteenth, shape.code)
        self.to_eighth = nn.Conv2d(sixteenth, eighth, 1)
        self.at_eighth, self.then_eighth = Modulated(eighth, shape.code), convolution(eighth, eighth)
        self.to_quarter = nn.Conv2d(eighth, quarter, 1)
        self.at_quarter, self.then_quarter = Modulated(quarter, shape.code), convolution(quarter, quarter)
        self.to_half = nn.Conv2d(quarter, 4 * half, 1)
        self.at_half = convolution(half, half)
        self.out = nn.Conv2d(half, 4 + 2, 1)
        self.lips = nn.Sequential(convolution(half, 2 * half), nn.Conv2d(2 * half, 4 + 2, 3, 1, 1))
        left, top, width, height = (side // 2 for side in shape.detail)
        self.rows, self.columns = (top, top + height), (left, left + width)
        # Around the lips, at 1/2: left, right, top, bottom.
        self.margin = (left, shape.width // 2 - left - width, top, shape.height // 2 - top - height)
        nn.init.constant_(self.out.bias, 0.5)
        nn.init.zeros_(self.lips[-1].weight)
        nn.init.zeros_(self.lips[-1].bias)

    def forward(self, features: tuple[Tensor, Tensor, Tensor], lip_codes: Tensor) -> tuple[Tensor, Tensor]:
        """Features may have batch 1: all lip codes on one reference. Returns luma and chroma of the crops."""
        quarter, eighth, sixteenth = features
        scaled = ((lip_codes - self.lowest) / self.range).clamp(0, 1) * 2 - 1
        code = self.code(torch.cat([scaled, *(wave(octave * scaled) for octave in _OCTAVES for wave in _WAVES)], dim=1))
        x = self.place(code).reshape(-1, *self.grid) + sixteenth
        x = self.at_sixteenth(x, code)
        x = functional.relu(twice(self.to_eighth(x)) + eighth)
        x = self.then_eighth(self.at_eighth(x, code))
        x = functional.relu(twice(self.to_quarter(x)) + quarter)
        x = self.then_quarter(self.at_quarter(x, code))
        x = self.at_half(functional.relu(functional.pixel_shuffle(self.to_half(x), 2)))
        lips = self.lips(x[:, :, self.rows[0] : self.rows[1], self.columns[0] : self.columns[1]])
        x = self.out(x) + functional.pad(lips, self.margin)
        return functional.pixel_shuffle(x[:, :4], 2), x[:, 4:]


def twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Renderer(nn.Module):
    def __init__(self, shape: RendererShape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = ReferenceEncoder(shape)
        self.decoder = LipDecoder(shape)

    def forward(self, luma: Tensor, chroma: Tensor, visible: Tensor, lip_codes: Tensor) -> tuple[Tensor, Tensor]:
        decoded: tuple[Tensor, Tensor] = self.decoder(self.encoder(luma, chroma, visible), lip_codes)
        return decoded
