"""What counts as wrong in a rendered crop."""

from __future__ import annotations

import torch
from torch import Tensor


def _gradient_difference(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    error = a - b
    across = (error[..., :, 1:] - error[..., :, :-1]).abs() * weight[..., :, 1:]
    down = (error[..., 1:, :] - error[..., :-1, :]).abs() * weight[..., 1:, :]
    return across.mean() + down.mean()


def renderer_loss(
    rendered: tuple[Tensor, Tensor], truth: tuple[Tensor, Tensor], luma_weight: Tensor, chroma_weight: Tensor
) -> Tensor:
    """Weighted absolute error of luma and chroma, and of luma's gradient, which keeps teeth and lip line sharp."""
    luma = ((rendered[0] - truth[0]).abs() * luma_weight).mean()
    chroma = ((rendered[1] - truth[1]).abs() * chroma_weight).mean()
    square = (((rendered[0] - truth[0]) ** 2) * luma_weight).mean()
    return luma + chroma + 0.7 * _gradient_difference(rendered[0], truth[0], luma_weight) + 4.0 * square


def psnr(rendered: Tensor, truth: Tensor, where: Tensor) -> float:
    """In dB of values 0..1, over the pixels where `where` (broadcast) is above 0.5."""
    chosen = (where > 0.5).expand_as(truth)
    error = (rendered.clamp(0, 1) - truth)[chosen].square().mean()
    return float(-10 * torch.log10(error + 1e-12))
