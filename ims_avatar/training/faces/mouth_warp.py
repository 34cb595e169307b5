"""The training-free part of the robust renderer: lip code to a bent picture of a mouth, in one differentiable graph.

The mouth is known by its lines (`faces.lip_code.MouthLines`): the still's own, and those that the code asks for, made
of the person's lines at rest by the rules of `faces.lip_code.lines_of`. Between two lines every column of the crop is
stretched evenly, so a lip stays a lip; beside the corners the bend fades out. What opens between the lips is painted
from two small textures: one that hangs on the skull (upper teeth), one that goes with the jaw (lower teeth, tongue).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ims_avatar.faces.lip_code import (
    CHIN_SHARE,
    CORNER_DROP,
    KNOTS,
    PLACES,
    THICKER_LOWER,
    THICKER_UPPER,
    TUCKED,
)
from ims_avatar.training.drawn.renderer_graphs import sample_each

INSIDE_WIDTH, INSIDE_HEIGHT = 64, 32
"""Size of the textures of the mouth's inside."""
INSIDE_SPAN = (1.0, 0.5)
"""What a texture covers, in mouth widths."""
UPPER_TEETH, LOWER_TEETH = 0.085, 0.04
"""Edge of the upper and of the lower teeth under the line where lips meet, at rest, in mouth widths."""
FADE = 0.75
"""Mouth widths beside the corners in which the bend fades out."""
CHIN_REACH = 1.15
"""Mouth widths from the middle to where the jaw's contour no longer moves."""
LEAST_APART = 0.25
"""Pixels between neighbouring lines: what lies between two lips of an open still has to go somewhere when they meet."""
_UNDER_LIP, _CORNERS = 0.15, 0.12
"""Shares of the light that the upper lip and the mouth's corners take away."""
_SHADOW = 0.055
"""Mouth widths under the upper lip that lie in its shadow."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Mouth lines of N faces in crop pixels. Tensors (N, 4, KNOTS), (N,), (N,), (N,)."""

    lips: Tensor
    centre: Tensor
    half: Tensor
    chin: Tensor

    @staticmethod
    def unpacked(packed: Tensor) -> Lines:
        """From (N, 4 * KNOTS + 3) as `faces.lip_code.packed` makes it."""
        lips = packed[:, : 4 * KNOTS].reshape(-1, 4, KNOTS)
        return Lines(lips, packed[:, 4 * KNOTS], packed[:, 4 * KNOTS + 1], packed[:, 4 * KNOTS + 2])


class MouthWarp(nn.Module):
    """Bends a still to lip codes."""

    def __init__(self, width: int, height: int, mouth: tuple[int, int, int, int]) -> None:
        """Crop size, and left, top, width, height of the part of it where a mouth can open, all even."""
        super().__init__()
        self.width, self.height = width, height
        left, top, across, down = mouth
        self.mouth_rows, self.mouth_columns = slice(top, top + down), slice(left, left + across)
        self.margin = (left, width - left - across, top, height - top - down)
        self.register_buffer("places", torch.from_numpy(PLACES.astype("float32")))
        self.register_buffer("columns", torch.arange(width) + 0.5)
        self.register_buffer("rows", torch.arange(height) + 0.5)
        self.register_buffer("knots", torch.arange(KNOTS, dtype=torch.float32))

    def forward(
        self, codes: Tensor, rest: Tensor, still_lines: Tensor, luma: Tensor, chroma: Tensor, inside: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Codes (B, 8); `rest` and `still_lines` packed (N, 87); luma (N, 1, h, w), chroma (N, 2, h/2, w/2), 0..1;
        `inside` (N, 8, 32, 64): Y, Cb, Cr, alpha of the upper and of the lower texture. N is 1 or B.

        Returns bent luma (B, 1, h, w), chroma (B, 2, h/2, w/2), and where the inside of the mouth is seen (B, 1, h, w).
        """
        quiet, still = Lines.unpacked(rest), Lines.unpacked(still_lines)
        wanted = self.wanted(codes, quiet)
        unit = (2 * quiet.half)[:, None, None]
        target, source, place = self._columns(wanted, still, unit[:, 0])
        y = self.rows[None, :, None]
        bent_y = self._rows(y, target, source)
        bent_x = self.columns[None, None] + self._sideways(y, target, wanted, still, place, unit)
        bent_luma = sample_each(luma, self._grid(bent_x, bent_y))
        coarse = [functional.avg_pool2d(p[:, None], 2)[:, 0] for p in (bent_x, bent_y)]
        bent_chroma = sample_each(chroma, self._grid(*coarse))
        rows = y[:, self.mouth_rows]
        mouth, mouth_source = target[:, :, self.mouth_columns], source[:, :, self.mouth_columns]
        seen = self._seen(rows, mouth, mouth_source, unit)
        painted = self._paint(rows, codes, quiet, wanted, mouth, unit, inside) * seen
        seen, painted = functional.pad(seen, self.margin), functional.pad(painted, self.margin)
        coarse_seen = functional.avg_pool2d(seen, 2)
        return (
            bent_luma * (1 - seen) + painted[:, :1],
            bent_chroma * (1 - coarse_seen) + functional.avg_pool2d(painted[:, 1:], 2),
            seen,
        )

    def wanted(self, codes: Tensor, rest: Lines) -> Lines:
        """`faces.lip_code.lines_of` for a batch."""
        unit = (2 * rest.half)[:, None]
        opening, jaw = codes[:, 0:1].clamp_min(0), codes[:, 5:6].clamp_min(0)
        rounding, tuck = codes[:, 2:3].clamp(-1, 1), codes[:, 4:5].clamp(-1, 1)
        belly = 1 - self.places.abs() ** 2.2
        corner = (CORNER_DROP * opening - codes[:, 6:7]) * unit
        inner = rest.lips[:, 1] + corner * (1 - belly) - codes[:, 3:4] * unit * belly
        power = 0.85 - 0.18 * rounding - 0.25 * opening.clamp_max(0.5)
        # Not quite 0 at the corners: the gradient of 0 ** power is not finite.
        profile = (1 - self.places**2).clamp_min(1e-6) ** power
        gap = rest.lips[:, 2] - rest.lips[:, 1] + opening * unit * profile
        thin = 1 - 0.30 * opening.clamp_max(0.6)
        fuller = unit * (1 - self.places**2) * thin
        upper = (rest.lips[:, 1] - rest.lips[:, 0]) * thin + THICKER_UPPER * rounding * fuller
        lower = (rest.lips[:, 3] - rest.lips[:, 2]) * thin + (THICKER_LOWER * rounding - TUCKED * tuck) * fuller
        upper, lower = upper.clamp_min(0), lower.clamp_min(0)
        lips = torch.stack([inner - upper, inner, inner + gap, inner + gap + lower], dim=1)
        half = rest.half * (1 + codes[:, 1])
        chin = rest.chin + CHIN_SHARE * jaw[:, 0] * unit[:, 0]
        return Lines(lips, rest.centre.expand_as(half), half, chin)

    def _columns(self, wanted: Lines, still: Lines, unit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Heights of the seven lines in every column, (B, 7, w): wanted and in the still; and the place along the lips.

        The lines: a fixed one above, the four of the lips, the chin, a fixed one at the crop's lower edge.
        """
        along = (self.columns - wanted.centre[:, None]) / wanted.half[:, None]
        place = along.clamp(-1, 1)
        weights = (1 - ((place[:, None] + 1) * ((KNOTS - 1) / 2) - self.knots[None, :, None]).abs()).clamp_min(0)
        there, here = wanted.lips @ weights, still.lips @ weights
        outside = (along.abs() - 1).clamp_min(0) * wanted.half[:, None]
        fade = (1 - outside / (FADE * unit)).clamp_min(0) ** 2
        there = here + (there - here) * fade[:, None]
        across = (self.columns - wanted.centre[:, None]) / (CHIN_REACH * unit)
        chin_fade = (1 - across**2).clamp_min(0)
        # The jaw's contour rises to the sides.
        chin_here = still.chin[:, None] - 0.55 * unit * across**2
        chin_here = torch.maximum(chin_here, here[:, 3] + 0.08 * unit).expand(along.shape)
        chin_there = chin_here + (wanted.chin - still.chin)[:, None] * chin_fade
        chin_there = torch.maximum(chin_there, there[:, 3] + 0.05 * unit)
        top = (still.lips[:, 0].amin(dim=1, keepdim=True) - 0.45 * unit).expand_as(chin_here)
        bottom = torch.full_like(chin_here, float(self.height)).maximum(chin_here + 0.2 * unit)
        target = _apart(torch.cat([top[:, None], there, chin_there[:, None], bottom[:, None]], dim=1))
        source = _apart(torch.cat([top[:, None], here, chin_here[:, None], bottom[:, None]], dim=1))
        return target, source.expand_as(target), along

    def _rows(self, y: Tensor, target: Tensor, source: Tensor) -> Tensor:
        """Where each pixel's row comes from, (B, h, w): evenly stretched between two lines."""
        length, there = target[:, 1:] - target[:, :-1], source[:, 1:] - source[:, :-1]
        slope = there / length
        bent = source[:, :1] + (y - target[:, :1]).clamp_max(0)
        for k in range(length.shape[1]):
            part = (y - target[:, k : k + 1]).clamp_min(0).minimum(length[:, k : k + 1])
            bent = bent + slope[:, k : k + 1] * part
        return bent + (y - target[:, -1:]).clamp_min(0)

    def _sideways(self, y: Tensor, target: Tensor, wanted: Lines, still: Lines, place: Tensor, unit: Tensor) -> Tensor:
        """How far to the side each pixel comes from, (B, h, w): lips widen whole, skin around them less and less."""
        inner = place.clamp(-1, 1)
        outside = (place.abs() - 1).clamp_min(0) * wanted.half[:, None]
        fade = (1 - outside / (FADE * unit[:, 0])).clamp_min(0) ** 2
        shift = (still.centre - wanted.centre)[:, None] + inner * (still.half - wanted.half)[:, None] * fade
        above = (y - target[:, :1]) / (target[:, 1:2] - target[:, :1]).clamp_min(1)
        below = (target[:, 5:6] - y) / (target[:, 5:6] - target[:, 4:5]).clamp_min(1)
        strength = torch.minimum(above, below).clamp(0, 1)
        return shift[:, None] * strength

    def _seen(self, y: Tensor, target: Tensor, source: Tensor, unit: Tensor) -> Tensor:
        """Where the inside is painted, (B, 1, h, w), 0..1, and not taken from the still's own open mouth."""
        gap, own = (lines[:, 3:4] - lines[:, 2:3] - LEAST_APART for lines in (target, source))
        within = (y - target[:, 2:3] + 0.5).clamp(0, 1) * (target[:, 3:4] - y + 0.5).clamp(0, 1)
        needed = (gap / 1.5).clamp(0, 1) * (1 - (own - 0.04 * unit).clamp_min(0) / gap.clamp_min(0.5)).clamp(0, 1)
        return (within * needed)[:, None]

    def _paint(
        self, y: Tensor, codes: Tensor, rest: Lines, wanted: Lines, target: Tensor, unit: Tensor, inside: Tensor
    ) -> Tensor:
        """The inside of the mouth, Y, Cb, Cr (B, 3, h, w)."""
        seam = ((rest.lips[:, 1, KNOTS // 2] + rest.lips[:, 2, KNOTS // 2]) / 2)[:, None, None]
        across = (self.columns[None, None, self.mouth_columns] - wanted.centre[:, None, None]) / unit
        upper = (y - seam) / unit - UPPER_TEETH
        lower = (y - seam) / unit - LOWER_TEETH - 0.8 * codes[:, 5:6, None].clamp_min(0)
        painted = torch.zeros(codes.shape[0], 3, y.shape[1], across.shape[2], device=codes.device)
        for texture, down in ((inside[:, 4:], lower), (inside[:, :4], upper)):
            columns = _hats((across / INSIDE_SPAN[0] + 0.5) * INSIDE_WIDTH, INSIDE_WIDTH)
            rows = _hats((down / INSIDE_SPAN[1] + 0.5) * INSIDE_HEIGHT, INSIDE_HEIGHT).transpose(2, 3)
            layer = rows @ (texture @ columns)
            painted = painted * (1 - layer[:, 3:]) + layer[:, :3] * layer[:, 3:]
        depth = (y - target[:, 2:3]) / unit
        side = (across.abs() * unit / wanted.half[:, None, None]).clamp_max(1)
        shadow = _UNDER_LIP * torch.exp(-((depth.clamp_min(0) / _SHADOW) ** 2))
        light = (1 - shadow) * (1 - _CORNERS * side**4)
        return torch.cat([painted[:, :1] * light[:, None], painted[:, 1:]], dim=1)

    def _grid(self, x: Tensor, y: Tensor) -> Tensor:
        """Pixels to the -1..1 of `grid_sample`: (B, h, w, 2)."""
        return torch.stack([x * (2 / self.width) - 1, y * (2 / self.height) - 1], dim=-1)


def _hats(places: Tensor, count: int) -> Tensor:
    """Weights of `count` samples in a row for linear interpolation at `places`, in samples; the ends go on outside.

    A texture that is only moved and stretched needs no search for neighbours: two products of matrices do.
    (B, 1, n) or (B, n, 1) -> (B, 1, count, n).
    """
    along = places.reshape(places.shape[0], 1, 1, -1).clamp(0.5, count - 0.5)
    samples = torch.arange(count, device=places.device)[:, None] + 0.5
    return (1 - (along - samples).abs()).clamp_min(0)


def _apart(lines: Tensor) -> Tensor:
    """Heights (B, 7, w), moved down where they touch or cross, so that each is `LEAST_APART` under the one before."""
    rows = [lines[:, 0]]
    for k in range(1, lines.shape[1]):
        rows.append(torch.maximum(lines[:, k], rows[-1] + LEAST_APART))
    return torch.stack(rows, dim=1)
