"""What a renderer is worth on crops that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ims_avatar.training.drawn.renderer_graphs import LAPLACIAN
from ims_avatar.training.faces.face_batches import Crowd
from ims_avatar.training.faces.lip_reader import LipReader, mouth_box
from ims_avatar.training.faces.robust_model import RobustRenderer

_PART = 32


@dataclass(frozen=True, slots=True)
class Rendered:
    """Crops of one person, pasted by the mask; luma (n, 1, 112, 128), 0..1."""

    truth: Tensor
    mended: Tensor
    bent: Tensor
    """What the bend alone gives."""
    codes: Tensor
    mask: Tensor


class Validation:
    """Held-out crops of some people: all of theirs (people never seen) or the last part (frames never seen)."""

    def __init__(self, crowd: Crowd, chosen: dict[int, NDArray[np.intp]]) -> None:
        """`chosen`: the crops of each person, by number in the crowd."""
        self._crowd, self._chosen = crowd, chosen
        self._readers = {
            who: LipReader(
                torch.from_numpy(crowd.people[who].luma)[:, None].float() / 255,
                torch.from_numpy(crowd.people[who].codes),
            )
            for who in chosen
        }

    @property
    def people(self) -> list[int]:
        """Their numbers in the crowd."""
        return list(self._chosen)

    def render(self, net: RobustRenderer, who: int) -> Rendered:
        """The held-out crops of one person, every one bent from the same restful still."""
        parts: list[Rendered] = []
        device = next(net.parameters()).device
        with torch.no_grad():
            for crops in np.array_split(self._chosen[who], max(1, len(self._chosen[who]) // _PART)):
                b = self._crowd.of(who, crops).to(device)
                bent = net.warp(b.codes, b.rest, b.still_lines, b.still_luma, b.still_chroma, b.inside)
                mended, _ = net(b.codes, (b.luma, b.chroma, b.visible), bent)
                pasted = [(x * b.mask + b.luma * (1 - b.mask)).clamp(0, 1).cpu() for x in (mended, bent[0])]
                parts.append(Rendered(b.luma.cpu(), pasted[0], pasted[1], b.codes.cpu(), b.mask.cpu()))
        return Rendered(*(torch.cat([getattr(p, name) for p in parts]) for name in Rendered.__slots__))

    def of_person(self, net: RobustRenderer, who: int) -> dict[str, float]:
        """PSNR in dB in the mouth's box and within the mask, sharpness, what the bend alone gives, lips read."""
        seen = self.render(net, who)
        box = [mouth_box(x) for x in (seen.mended, seen.truth, seen.bent)]
        return {
            "psnr_db": psnr(box[0], box[1]),
            "psnr_mask_db": psnr(seen.mended, seen.truth, seen.mask > 0.5),
            "sharpness": sharpness(box[0], box[1]),
            "bend_psnr_db": psnr(box[2], box[1]),
            "bend_sharpness": sharpness(box[2], box[1]),
            "lip_r": self._readers[who].correlation(seen.mended, seen.codes),
        }

    def measure(self, net: RobustRenderer) -> dict[str, float]:
        """Means over the people."""
        each = [self.of_person(net, who) for who in self._chosen]
        return {name: float(np.mean([measures[name] for measures in each])) for name in each[0]}


def psnr(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """dB of values 0..1, over all pixels or those of `where`."""
    error = (a - b).square()
    mean = error.mean() if where is None else error[where.expand_as(error)].mean()
    return float(-10 * torch.log10(mean + 1e-12))


def sharpness(a: Tensor, truth: Tensor) -> float:
    """Energy of the Laplacian against the truth's: 1 is as sharp, less is blurred."""
    energy = [functional.conv2d(x, LAPLACIAN).square().sum() for x in (a, truth)]
    return float(energy[0] / energy[1].clamp_min(1e-12))
