"""Batches for renderers of real faces: who, which crop, which still to bend; in any light, and mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ims_avatar.faces.lip_code import CROP_WIDTH, KNOTS
from ims_avatar.training.faces.people import Person

_RESTFUL = 0.6
"""Share of stills whose mouth is at rest, as the still of an avatar is; the others make the network robust."""
_ELSEWHERE = 0.7
"""Share of crops whose surroundings are of another moment, as they always are in a call: of its own moment the cheeks
would tell the network what the lips do, and it would heed the lip code less."""


@dataclass(frozen=True, slots=True)
class FaceBatch:
    """Tensors of B crops; pictures 0..1."""

    codes: Tensor
    luma: Tensor
    chroma: Tensor
    around_luma: Tensor
    """The frame that the mouth is pasted into."""
    around_chroma: Tensor
    still_luma: Tensor
    still_chroma: Tensor
    still_lines: Tensor
    rest: Tensor
    inside: Tensor
    mask: Tensor
    weight: Tensor
    """(B, 1, h, w): how much each pixel counts."""

    @property
    def truth(self) -> tuple[Tensor, Tensor]:
        return self.luma, self.chroma

    @property
    def visible(self) -> Tensor:
        return (self.mask <= 0).to(self.mask.dtype)

    def to(self, device: torch.device) -> FaceBatch:
        return FaceBatch(*(getattr(self, name).to(device) for name in self.__slots__))


class Crowd:
    """All people of a training run, as tensors where the network is: a batch is gathered there."""

    def __init__(self, people: Sequence[Person], device: torch.device | None = None) -> None:
        self.people = people
        self._device = device or torch.device("cpu")
        mask = torch.from_numpy(np.stack([p.mask for p in people]))[:, None]
        weight = torch.stack([_weight(p) for p in people])[:, None] * (mask > 0)
        self.mask, self.weight = mask.to(self._device), weight.to(self._device)
        self.inside, self.rest = (
            self._joined([p.inside[None] for p in people]),
            self._joined([p.rest[None] for p in people]),
        )
        self._luma, self._chroma = self._joined([p.luma for p in people]), self._joined([p.chroma for p in people])
        self._codes, self._lines = self._joined([p.codes for p in people]), self._joined([p.lines for p in people])
        self._first = np.cumsum([0, *(len(p.luma) for p in people[:-1])])
        self._quiet = [p.quiet for p in people]
        size = np.sqrt([len(p.luma) for p in people])
        self._shares = size / size.sum()

    def draw(self, rng: np.random.Generator, count: int) -> FaceBatch:
        """`count` crops of people by chance (who has more crops comes up more often, but not as much more)."""
        who = rng.choice(len(self.people), count, p=self._shares)
        crops = np.array([rng.integers(len(self.people[k].luma)) for k in who])
        stills = np.array(
            [
                rng.choice(self._quiet[k]) if rng.random() < _RESTFUL else rng.integers(len(self.people[k].luma))
                for k in who
            ]
        )
        around = np.array(
            [
                rng.integers(len(self.people[k].luma)) if rng.random() < _ELSEWHERE else crop
                for k, crop in zip(who, crops, strict=True)
            ]
        )
        return self.batch(who, crops, stills, around)

    def of(self, person: int, crops: NDArray[np.intp]) -> FaceBatch:
        """Crops of one person, all bent from the most restful still: as an avatar does it."""
        still = np.full(len(crops), self._quiet[person][0])
        return self.batch(np.full(len(crops), person), crops, still)

    def batch(
        self,
        who: NDArray[np.intp],
        crops: NDArray[np.intp],
        stills: NDArray[np.intp],
        around: NDArray[np.intp] | None = None,
    ) -> FaceBatch:
        """Crops of people by number, bent from stills, pasted into the frames of `around` (their own if none)."""
        first = self._first[who]
        person, shown, still, beside = (
            torch.from_numpy(index).to(self._device)
            for index in (who, first + crops, first + stills, first + (crops if around is None else around))
        )
        return FaceBatch(
            codes=self._codes[shown],
            luma=self._luma[shown][:, None].float() / 255,
            chroma=self._chroma[shown].float() / 255,
            around_luma=self._luma[beside][:, None].float() / 255,
            around_chroma=self._chroma[beside].float() / 255,
            still_luma=self._luma[still][:, None].float() / 255,
            still_chroma=self._chroma[still].float() / 255,
            still_lines=self._lines[still],
            rest=self.rest[person],
            inside=self.inside[person],
            mask=self.mask[person],
            weight=self.weight[person],
        )

    def _joined(self, parts: Sequence[NDArray[Any]]) -> Tensor:
        return torch.from_numpy(np.concatenate(parts)).to(self._device)


def _weight(person: Person) -> Tensor:
    """Where pixels vary with the lips they count more."""
    some = person.luma[:: max(1, len(person.luma) // 300)].astype(np.float32)
    spread = torch.from_numpy(some.std(axis=0)) / 40.0
    return 0.4 + 3.0 * spread.clamp(0, 1)


def varied(batch: FaceBatch, generator: torch.Generator, strength: float = 1.0) -> FaceBatch:
    """The same people in another light and colour, half of them mirrored. Truth, still and paint change alike.

    The generator is of the device that the batch is on.
    """
    count = len(batch.codes)

    def chance(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=generator, device=batch.codes.device)

    def about(middle: float, spread: float) -> Tensor:
        return middle + (chance(1, 1, 1) - 0.5) * 2 * spread * strength

    gain, lift, bend = about(1.0, 0.25), about(0.0, 0.08), about(1.0, 0.25)
    tint = torch.cat([about(0.0, 0.05), about(0.0, 0.05)], dim=1)
    colour = about(1.0, 0.35)

    def lit(luma: Tensor) -> Tensor:
        return (luma.clamp_min(1e-3) ** bend * gain + lift).clamp(0, 1)

    def tinted(chroma: Tensor) -> Tensor:
        return ((chroma - 128 / 255) * colour + 128 / 255 + tint).clamp(0, 1)

    inside = torch.cat(
        [part for k in (0, 4) for part in (
            lit(batch.inside[:, k : k + 1]), tinted(batch.inside[:, k + 1 : k + 3]), batch.inside[:, k + 3 : k + 4]
        )],
        dim=1,
    )  # fmt: skip
    lighter = replace(
        batch,
        luma=lit(batch.luma),
        chroma=tinted(batch.chroma),
        around_luma=lit(batch.around_luma),
        around_chroma=tinted(batch.around_chroma),
        still_luma=lit(batch.still_luma),
        still_chroma=tinted(batch.still_chroma),
        inside=inside,
    )
    turned = chance() < 0.5 * strength
    return _mirrored(lighter, turned)


def _mirrored(batch: FaceBatch, turned: Tensor) -> FaceBatch:
    def picture(x: Tensor) -> Tensor:
        return torch.where(turned[:, None, None, None], x.flip(-1), x)

    def lines(x: Tensor) -> Tensor:
        lips = x[:, : 4 * KNOTS].reshape(-1, 4, KNOTS).flip(-1).reshape(len(x), -1)
        other = torch.cat([lips, CROP_WIDTH - x[:, 4 * KNOTS : 4 * KNOTS + 1], x[:, 4 * KNOTS + 1 :]], dim=1)
        return torch.where(turned[:, None], other, x)

    return replace(
        batch,
        luma=picture(batch.luma),
        chroma=picture(batch.chroma),
        around_luma=picture(batch.around_luma),
        around_chroma=picture(batch.around_chroma),
        still_luma=picture(batch.still_luma),
        still_chroma=picture(batch.still_chroma),
        still_lines=lines(batch.still_lines),
        rest=lines(batch.rest),
        mask=picture(batch.mask),
        weight=picture(batch.weight),
    )
