"""The two graphs that run at call time: `reference` once for each tick, `decoder` for all calls of the tick.

All that depends on pixels is inside them: cutting the crop from the reference, taking the head's motion out and putting
it back, blending, rounding. What is left for the caller is to copy two rectangles into a picture.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ims_avatar.training.drawn.renderer_model import LipDecoder, ReferenceEncoder, Renderer

REFERENCE_OUTPUTS = (
    "feature_4",
    "feature_8",
    "feature_16",
    "luma_grid",
    "chroma_grid",
    "luma_bend",
    "luma_share",
    "chroma_share",
    "luma_rest",
    "chroma_rest",
)
"""What `reference` hands to `decoder`, in this order."""

LAPLACIAN = torch.tensor([[[[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]]])

SHARPENING = 2.0
"""How many times what bilinear sampling loses is given back: the network's own pictures are a little soft, too.
Measured on Clara: 1.0 gives 0.58 of the truth's Laplacian energy, 2.0 gives 0.77 at the same PSNR, 3.0 costs 0.6 dB."""


def centres(width: int, height: int, step: int = 1) -> Tensor:
    """(1, height, width, 3): x, y, 1 of the pixels' middles in a plane `step` times coarser than the picture."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([x * step, y * step, torch.ones_like(x)], dim=-1)[None]


def grid(places: Tensor, matrix: Tensor, width: int, height: int) -> Tensor:
    """Where to sample a plane of `width` x `height` pixels, in the -1..1 of `grid_sample`. `matrix` is (2, 3)."""
    scaled = matrix * torch.tensor([[2.0 / width], [2.0 / height]]) - torch.tensor([[0.0, 0.0, 1.0]])
    return places @ scaled.T


def sample(planes: Tensor, where: Tensor) -> Tensor:
    """Planes (B, C, h, w), all at the same places (1, H, W, 2), bilinear; nothing outside. (B, C, H, W).

    One picture of B * C channels, because ONNX Runtime then computes the places once: four times as fast.
    """
    batch, channels, height, width = planes.shape
    together = planes.reshape(1, batch * channels, height, width)
    sampled = functional.grid_sample(together, where, mode="bilinear", padding_mode="zeros", align_corners=False)
    return sampled.reshape(batch, channels, *sampled.shape[2:])


def sample_each(planes: Tensor, where: Tensor) -> Tensor:
    """Planes (N, C, h, w), N = 1 or B, each at its own places (B, H, W, 2), bilinear; the edge goes on outside."""
    planes = planes.expand(where.shape[0], -1, -1, -1)
    sampled: Tensor = functional.grid_sample(planes, where, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled


def bend(places: Tensor, matrix: Tensor) -> Tensor:
    """How much of the Laplacian bilinear sampling loses at each place, (1, 1, H, W).

    Between two samples at share f a straight line misses f (1 - f) / 2 of the second difference; both axes' mean here.
    """
    share = places @ matrix.T - 0.5
    share = share - share.floor()
    return 0.25 * (share * (1 - share)).sum(dim=-1)[:, None]


def inverse(matrix: Tensor) -> Tensor:
    """Of an affine map (2, 3), written out: ONNX has no inverse."""
    (a, b, c), (d, e, f) = matrix.unbind(0)[0].unbind(0), matrix.unbind(0)[1].unbind(0)
    det = a * e - b * d
    top = torch.stack([e, -b, b * f - c * e]) / det
    low = torch.stack([-d, a, c * d - a * f]) / det
    return torch.stack([top, low])


class ReferenceGraph(nn.Module):
    """Rectangle of a loop frame -> features, sampling grids and the blended rest of the picture."""

    def __init__(self, encoder: ReferenceEncoder, mask: Tensor, box_width: int, box_height: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.height, self.width = mask.shape
        self.box_width, self.box_height = box_width, box_height
        self.register_buffer("mask", mask[None, None])
        self.register_buffer("visible", (mask <= 0).to(mask.dtype)[None, None])
        self.register_buffer("crop_luma", centres(self.width, self.height))
        self.register_buffer("crop_chroma", centres(self.width // 2, self.height // 2, 2))
        self.register_buffer("box_luma", centres(box_width, box_height))
        self.register_buffer("box_chroma", centres(box_width // 2, box_height // 2, 2))

    def crop(self, luma: Tensor, chroma: Tensor, to_crop: Tensor) -> tuple[Tensor, Tensor]:
        """The reference in crop coordinates."""
        back = inverse(to_crop)
        size = (self.box_width, self.box_height)
        return sample(luma, grid(self.crop_luma, back, *size)), sample(chroma, grid(self.crop_chroma, back, *size))

    def forward(self, luma: Tensor, chroma: Tensor, to_crop: Tensor) -> tuple[Tensor, ...]:
        """`luma` uint8 (1, 1, h, w) and `chroma` uint8 (1, 2, h/2, w/2) of the box, `to_crop` (2, 3): box to crop."""
        luma, chroma = luma.float() / 255.0, chroma.float() / 255.0
        features = self.encoder(*self.crop(luma, chroma, to_crop), self.visible)
        luma_grid = grid(self.box_luma, to_crop, self.width, self.height)
        chroma_grid = grid(self.box_chroma, to_crop, self.width, self.height)
        luma_share, chroma_share = sample(self.mask, luma_grid), sample(self.mask, chroma_grid)
        rest = luma * (1 - luma_share) * 255.0, chroma * (1 - chroma_share) * 255.0
        luma_bend = SHARPENING * bend(self.box_luma, to_crop)
        return (*features, luma_grid, chroma_grid, luma_bend, luma_share * 255.0, chroma_share * 255.0, *rest)


class DecoderGraph(nn.Module):
    """Lip codes (B, 8) and what `reference` gave -> the two rectangles, uint8, ready to be copied into the picture.

    Third output `level` (B,): mean of what the network drew; not finite when anything in it is not.
    """

    def __init__(self, decoder: LipDecoder) -> None:
        super().__init__()
        self.decoder = decoder
        self.register_buffer("laplacian", LAPLACIAN)

    def forward(
        self,
        lip_codes: Tensor,
        feature_4: Tensor,
        feature_8: Tensor,
        feature_16: Tensor,
        luma_grid: Tensor,
        chroma_grid: Tensor,
        luma_bend: Tensor,
        luma_share: Tensor,
        chroma_share: Tensor,
        luma_rest: Tensor,
        chroma_rest: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        luma, chroma = self.decoder((feature_4, feature_8, feature_16), lip_codes)
        where = PasteBack(luma_grid, chroma_grid, luma_bend, luma_share, chroma_share, luma_rest, chroma_rest)
        return pasted_back(luma, chroma, self.laplacian, where)


class PasteBack(NamedTuple):
    """Where crops go in the picture's rectangle, and what is there already; `ReferenceGraph` computes it."""

    luma_grid: Tensor
    chroma_grid: Tensor
    luma_bend: Tensor
    luma_share: Tensor
    chroma_share: Tensor
    luma_rest: Tensor
    chroma_rest: Tensor


def pasted_back(luma: Tensor, chroma: Tensor, laplacian: Tensor, where: PasteBack) -> tuple[Tensor, Tensor, Tensor]:
    """Crops (B, 1, h, w) and (B, 2, h/2, w/2), 0..1, as bytes of the rectangle; and `level`, see `DecoderGraph`."""
    level = luma.mean(dim=(1, 2, 3)) + chroma.mean(dim=(1, 2, 3))
    curvature = functional.conv2d(luma, laplacian, padding=1)
    both = sample(torch.cat([luma, curvature], dim=1), where.luma_grid)
    luma = both[:, :1] - both[:, 1:] * where.luma_bend
    luma = luma * where.luma_share + where.luma_rest
    chroma = sample(chroma, where.chroma_grid) * where.chroma_share + where.chroma_rest
    return _bytes(luma, 235)[:, 0], _bytes(chroma, 240), level


def _bytes(values: Tensor, highest: int) -> Tensor:
    """Rounded, and within the limited range of ITU-R BT.601: 16 to 235 for luma, to 240 for chroma."""
    return (values + 0.5).clamp(16, highest + 0.5).to(torch.uint8)


def call_time_graphs(
    renderer: Renderer, mask: Tensor, box_width: int, box_height: int
) -> tuple[ReferenceGraph, DecoderGraph]:
    return ReferenceGraph(renderer.encoder, mask, box_width, box_height).eval(), DecoderGraph(renderer.decoder).eval()
