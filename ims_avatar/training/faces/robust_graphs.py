"""The robust renderer as the two graphs of call time; what is particular to an avatar comes in as inputs (fit.npz)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ims_avatar.training.drawn.renderer_graphs import (
    LAPLACIAN,
    SHARPENING,
    PasteBack,
    bend,
    centres,
    grid,
    inverse,
    pasted_back,
    sample,
)
from ims_avatar.training.faces.robust_model import RobustRenderer

FRAME_INPUTS = ("luma", "chroma", "to_crop")
"""What changes with the frame of the loop, as for every avatar."""
BEND_INPUTS = (
    "places_luma",
    "places_chroma",
    "mask",
    "rest",
    "still_lines",
    "still_luma",
    "still_chroma",
    "inside",
    "own",
)
"""What the bend must know of a face; `enrol.fit` says what each is."""
FIT_INPUTS = (*BEND_INPUTS, "mending")
"""What enrolment finds out about a face whose bent picture the network mends."""
BENT = (
    "bent_from_luma",
    "bent_from_chroma",
    "bent_from_lines",
    "lines_at_rest",
    "mouth_inside",
    "luma_grid",
    "chroma_grid",
    "luma_bend",
    "luma_share",
    "chroma_share",
    "luma_rest",
    "chroma_rest",
)
"""What the reference graph hands to the decoder of a bend that nothing mends, in this order."""
PREPARED = ("context_2", "context_4", "context_8", "context_16", "mending_share", *BENT)
"""What the reference graph hands to the decoder of a mended bend, in this order."""
_PASTE_BACK = 5
"""Where in `BENT` the fields of `PasteBack` begin."""


def _outside(mask: Tensor) -> Tensor:
    """1 where the mouth is not cut out of a crop."""
    return (mask <= 0).to(mask.dtype)


class BendReferenceGraph(nn.Module):
    """Rectangle of a loop frame and what is known of the face -> all that does not depend on the lip code."""

    def __init__(self, renderer: RobustRenderer) -> None:
        super().__init__()
        self.width, self.height = renderer.shape.width, renderer.shape.height
        self.register_buffer("crop_luma", centres(self.width, self.height))
        self.register_buffer("crop_chroma", centres(self.width // 2, self.height // 2, 2))

    def forward(
        self,
        luma: Tensor,
        chroma: Tensor,
        to_crop: Tensor,
        places_luma: Tensor,
        places_chroma: Tensor,
        mask: Tensor,
        rest: Tensor,
        still_lines: Tensor,
        still_luma: Tensor,
        still_chroma: Tensor,
        inside: Tensor,
        own: Tensor,
    ) -> tuple[Tensor, ...]:
        """`BENT`."""
        crop_luma, crop_chroma = self.crop(luma, chroma, to_crop, places_luma)
        luma, chroma = luma.float() / 255.0, chroma.float() / 255.0
        from_luma = own * crop_luma + (1 - own) * still_luma.float() / 255.0
        from_chroma = own * crop_chroma + (1 - own) * still_chroma.float() / 255.0
        luma_grid = grid(places_luma, to_crop, self.width, self.height)
        chroma_grid = grid(places_chroma, to_crop, self.width, self.height)
        luma_share, chroma_share = sample(mask, luma_grid), sample(mask, chroma_grid)
        return (
            from_luma,
            from_chroma,
            still_lines * 1.0,
            rest * 1.0,
            inside * 1.0,
            luma_grid,
            chroma_grid,
            SHARPENING * bend(places_luma, to_crop),
            luma_share * 255.0,
            chroma_share * 255.0,
            luma * (1 - luma_share) * 255.0,
            chroma * (1 - chroma_share) * 255.0,
        )

    def crop(self, luma: Tensor, chroma: Tensor, to_crop: Tensor, places_luma: Tensor) -> tuple[Tensor, Tensor]:
        """The crop of the frame itself, 0..1."""
        # The rectangle's size as a tensor: one graph for rectangles of any size.
        size = places_luma[0, -1, -1, :2] + 0.5
        back = inverse(to_crop)
        scale = 2.0 / size
        return (
            sample(luma.float() / 255.0, _scaled(self.crop_luma, back, scale)),
            sample(chroma.float() / 255.0, _scaled(self.crop_chroma, back, scale)),
        )


class RobustReferenceGraph(nn.Module):
    """As `BendReferenceGraph`, and the surroundings of the mouth that the network sees."""

    def __init__(self, renderer: RobustRenderer) -> None:
        super().__init__()
        self.bent, self.context = BendReferenceGraph(renderer), renderer.context

    def forward(
        self,
        luma: Tensor,
        chroma: Tensor,
        to_crop: Tensor,
        places_luma: Tensor,
        places_chroma: Tensor,
        mask: Tensor,
        rest: Tensor,
        still_lines: Tensor,
        still_luma: Tensor,
        still_chroma: Tensor,
        inside: Tensor,
        own: Tensor,
        mending: Tensor,
    ) -> tuple[Tensor, ...]:
        """`PREPARED`."""
        context = self.context(*self.bent.crop(luma, chroma, to_crop, places_luma), _outside(mask))
        places = (places_luma, places_chroma, mask)
        still = (rest, still_lines, still_luma, still_chroma, inside, own)
        return (*context, mending * 1.0, *self.bent(luma, chroma, to_crop, *places, *still))


def _scaled(places: Tensor, matrix: Tensor, scale: Tensor) -> Tensor:
    """As `renderer_graphs.grid`, for a plane whose 2 / size (2,) is a tensor."""
    return (places @ matrix.T) * scale - 1.0


class BendDecoderGraph(nn.Module):
    """Lip codes (B, 8) and `BENT` -> the two rectangles, uint8, and `level`, as `DecoderGraph` does."""

    def __init__(self, renderer: RobustRenderer) -> None:
        super().__init__()
        self.warp = renderer.warp
        self.register_buffer("laplacian", LAPLACIAN)

    def forward(self, lip_codes: Tensor, *prepared: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        luma, chroma, _ = self.bent(lip_codes, *prepared)
        return self.pasted(luma, chroma, *prepared)

    def bent(self, lip_codes: Tensor, *prepared: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Bent luma and chroma, and where the inside of the mouth is seen."""
        still_luma, still_chroma, still_lines, rest, inside = prepared[:_PASTE_BACK]
        bent: tuple[Tensor, Tensor, Tensor] = self.warp(lip_codes, rest, still_lines, still_luma, still_chroma, inside)
        return bent

    def pasted(self, luma: Tensor, chroma: Tensor, *prepared: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return pasted_back(luma, chroma, self.laplacian, PasteBack(*prepared[_PASTE_BACK:]))


class RobustDecoderGraph(nn.Module):
    """As `BendDecoderGraph`, with what the network adds: lip codes (B, 8) and `PREPARED`."""

    def __init__(self, renderer: RobustRenderer) -> None:
        super().__init__()
        self.bend, self.mender = BendDecoderGraph(renderer), renderer.mender

    def forward(self, lip_codes: Tensor, *prepared: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        context, mending, still = prepared[:4], prepared[4], prepared[5:]
        luma, chroma, seen = self.bend.bent(lip_codes, *still)
        luma_change, chroma_change = self.mender(lip_codes, luma, chroma, seen, context)
        return self.bend.pasted(luma + mending * luma_change, chroma + mending * chroma_change, *still)


def robust_graphs(renderer: RobustRenderer) -> tuple[RobustReferenceGraph, RobustDecoderGraph]:
    return RobustReferenceGraph(renderer).eval(), RobustDecoderGraph(renderer).eval()


def bend_graphs(renderer: RobustRenderer) -> tuple[BendReferenceGraph, BendDecoderGraph]:
    """For faces that the network would not make better: half the work."""
    return BendReferenceGraph(renderer).eval(), BendDecoderGraph(renderer).eval()


def example_inputs(renderer: RobustRenderer) -> dict[str, Tensor]:
    """Inputs of the reference graph for a plain grey face, of the right shapes and types."""
    shape = renderer.shape
    width, height = 152, 136
    places = centres(width, height), centres(width // 2, height // 2, 2)
    lips = torch.tensor([34.0, 40.0, 40.0, 48.0])[:, None].expand(4, 21).reshape(1, -1)
    lines = torch.cat([lips, torch.tensor([[64.0, 26.0, 95.0]])], dim=1)
    grey = torch.full((1, 1, height, width), 128, dtype=torch.uint8)
    mask = torch.zeros(1, 1, shape.height, shape.width)
    mask[..., 12:104, 16:112] = 1.0
    return {
        "luma": grey,
        "chroma": torch.full((1, 2, height // 2, width // 2), 128, dtype=torch.uint8),
        "to_crop": torch.tensor([[0.9, 0.01, -2.0], [-0.01, 0.9, -3.0]]),
        "places_luma": places[0],
        "places_chroma": places[1],
        "mask": mask,
        "rest": lines,
        "still_lines": lines,
        "still_luma": torch.randint(16, 235, (1, 1, shape.height, shape.width), dtype=torch.uint8),
        "still_chroma": torch.randint(100, 150, (1, 2, shape.height // 2, shape.width // 2), dtype=torch.uint8),
        "inside": torch.rand(1, 8, 32, 64),
        "own": torch.zeros(1),
        "mending": torch.ones(1),
    }
