"""The renderer for any character: a still bent to the lip code (`mouth_warp`), then mended by a network.

The network sees the bent still, where the mouth's inside is painted, and the surroundings of the mouth in the frame it
will be pasted into (with the mouth cut out: what that frame's lips do must not show). It draws the difference to what
a camera would have seen. Sizes of its layers do not depend on the character, so one that was trained on many can be
refined on one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ims_avatar.driving.lip_range import HIGHEST, LOWEST
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_WIDTH
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.training.drawn.renderer_model import Modulated, convolution, twice
from ims_avatar.training.faces.mouth_warp import MouthWarp


@dataclass(frozen=True, slots=True)
class RobustShape:
    """Sizes of the network; pictures are crops of a face that stands upright."""

    width: int = CROP_WIDTH
    height: int = CROP_HEIGHT
    detail: tuple[int, int, int, int] = (28, 20, 72, 64)
    """left, top, width, height of the lips in the crop, even: they are drawn by more channels than the skin."""
    channels: tuple[int, int, int, int] = (16, 32, 48, 64)
    """At 1/2 (twice as many on the lips), 1/4, 1/8 and 1/16 of the crop."""
    code: int = 48


class ContextEncoder(nn.Module):
    """The frame that is pasted into, mouth cut out, to features at 1/2, 1/4, 1/8 and 1/16."""

    def __init__(self, shape: RobustShape) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = shape.channels
        self.to_half = convolution(4 + 2 + 4, half)
        self.to_quarter = nn.Sequential(convolution(half, quarter, 3, 2), convolution(quarter, quarter))
        self.to_eighth = nn.Sequential(convolution(quarter, eighth, 3, 2), convolution(eighth, eighth))
        self.to_sixteenth = nn.Sequential(convolution(eighth, sixteenth, 3, 2), convolution(sixteenth, sixteenth))

    def forward(self, luma: Tensor, chroma: Tensor, visible: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """luma (N, 1, h, w), chroma (N, 2, h/2, w/2), 0..1; `visible` (N, 1, h, w) is 0 where the mouth is cut out."""
        seen = functional.pixel_unshuffle(visible, 2)
        luma = functional.pixel_unshuffle(luma, 2) * seen
        chroma = chroma * seen.mean(dim=1, keepdim=True)
        half = self.to_half(torch.cat([luma, chroma, seen.expand(luma.shape[0], -1, -1, -1)], dim=1))
        quarter = self.to_quarter(half)
        eighth = self.to_eighth(quarter)
        return half, quarter, eighth, self.to_sixteenth(eighth)


class Mender(nn.Module):
    """Bent stills to what a camera would have seen, given the surroundings and the lip code."""

    def __init__(self, shape: RobustShape) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = shape.channels
        scale = torch.from_numpy(np.maximum(HIGHEST, -LOWEST))
        self.register_buffer("scale", scale)
        self.register_buffer("lowest", -1.5 * scale)
        self.register_buffer("highest", 1.5 * scale)
        self.code = nn.Sequential(nn.Linear(LIP_CODE_SIZE, shape.code), nn.SiLU(), nn.Linear(shape.code, shape.code))
        self.to_half = convolution(4 + 2 + 4, half)
        self.to_quarter = convolution(half, quarter, 3, 2)
        self.to_eighth = convolution(quarter, eighth, 3, 2)
        self.to_sixteenth = convolution(eighth, sixteenth, 3, 2)
        self.at_sixteenth = Modulated(sixteenth, shape.code)
        self.up_eighth = nn.Conv2d(sixteenth, eighth, 1)
        self.at_eighth = Modulated(eighth, shape.code)
        self.up_quarter = nn.Conv2d(eighth, quarter, 1)
        self.at_quarter, self.then_quarter = Modulated(quarter, shape.code), convolution(quarter, quarter)
        self.up_half = nn.Conv2d(quarter, 4 * half, 1)
        self.at_half = convolution(half, half)
        self.out = nn.Conv2d(half, 4 + 2, 1)
        self.lips = nn.Sequential(
            convolution(half + 10, 2 * half), convolution(2 * half, 2 * half), nn.Conv2d(2 * half, 4 + 2, 3, 1, 1)
        )
        left, top, width, height = (side // 2 for side in shape.detail)
        self.rows, self.columns = (top, top + height), (left, left + width)
        # Around the lips, at 1/2: left, right, top, bottom.
        self.margin = (left, shape.width // 2 - left - width, top, shape.height // 2 - top - height)
        for last in (self.out, self.lips[-1]):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def keep_within(self, codes: Tensor) -> None:
        """Lip codes beyond those of (n, 8), and beyond rest, shall be taken for the nearest: of one person's speech the
        network learns a small part of what lips can do, and must not go on from there by itself. The bend does."""
        ends = codes.quantile(torch.tensor([0.01, 0.99]), dim=0)
        self.lowest.copy_(ends[0].clamp_max(0))
        self.highest.copy_(ends[1].clamp_min(0))

    def forward(
        self,
        lip_codes: Tensor,
        luma: Tensor,
        chroma: Tensor,
        seen: Tensor,
        context: tuple[Tensor, Tensor, Tensor, Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Codes (B, 8), bent luma (B, 1, h, w), chroma (B, 2, h/2, w/2), inside (B, 1, h, w); context (1 or B, ...).

        Returns the difference in luma and chroma.
        """
        code = self.code(torch.maximum(torch.minimum(lip_codes, self.highest), self.lowest) / self.scale)
        given = torch.cat([functional.pixel_unshuffle(luma, 2), chroma, functional.pixel_unshuffle(seen, 2)], dim=1)
        half = self.to_half(given) + context[0]
        quarter = self.to_quarter(half) + context[1]
        eighth = self.to_eighth(quarter) + context[2]
        x = self.at_sixteenth(self.to_sixteenth(eighth) + context[3], code)
        x = self.at_eighth(functional.relu(twice(self.up_eighth(x)) + eighth), code)
        x = self.then_quarter(self.at_quarter(functional.relu(twice(self.up_quarter(x)) + quarter), code))
        x = self.at_half(functional.relu(functional.pixel_shuffle(self.up_half(x), 2) + half))
        rows, columns = slice(*self.rows), slice(*self.columns)
        lips = self.lips(torch.cat([x[:, :, rows, columns], given[:, :, rows, columns]], dim=1))
        drawn = self.out(x) + functional.pad(lips, self.margin)
        return functional.pixel_shuffle(drawn[:, :4], 2), drawn[:, 4:]


class RobustRenderer(nn.Module):
    """All of it. The bend has nothing to learn: it is done once, before `forward`."""

    def __init__(self, shape: RobustShape) -> None:
        super().__init__()
        self.shape = shape
        self.context = ContextEncoder(shape)
        self.warp = MouthWarp(shape.width, shape.height, shape.detail)
        self.mender = Mender(shape)

    def forward(
        self, lip_codes: Tensor, context: tuple[Tensor, Tensor, Tensor], bent: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Context: luma, chroma, visible. Bent: what `warp` gave. Returns luma and chroma of the mended crops."""
        luma, chroma = self.mender(lip_codes, *bent, self.context(*context))
        return bent[0] + luma, bent[1] + chroma
