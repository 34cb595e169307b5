"""What an exported avatar is worth, measured on the pictures that calls would get, against the drawn truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ims_avatar.avatars.i420 import picture_of_planes, planes_of_rgb
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.training.drawn.characters.drawing import draw
from ims_avatar.training.drawn.characters.idle import idle_frame
from ims_avatar.training.drawn.characters.style import CharacterStyle
from ims_avatar.training.drawn.crop import CropGeometry, to_crop
from ims_avatar.training.drawn.lip_corpus import random_lip_codes
from ims_avatar.training.drawn.mouth_look import mouth_look
from ims_avatar.training.drawn.mouth_measure import MouthLook, mouth_opening

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TestFrames:
    """Rendered pictures of lip codes and loop frames that were not trained on together, and their truth."""

    lip_codes: NDArray[np.float32]
    loop_index: NDArray[np.int64]
    rendered: Picture
    truth: Picture


def drawn_picture(style: CharacterStyle, lip_code: NDArray[np.float32], loop_index: int) -> Picture:
    """The truth as I420."""
    idle = idle_frame(loop_index, style.habit)
    return picture_of_planes(planes_of_rgb(draw(style, lip_code, idle.pose, idle.expression)))


def make_test_frames(style: CharacterStyle, engine: AvatarEngine, count: int, seed: int) -> TestFrames:
    """Cross-driven: every lip code on a loop frame that has nothing to do with it."""
    rng = np.random.default_rng(seed)
    codes = random_lip_codes(rng, count, 0.3)
    loop_index = rng.integers(0, engine.spec.loop_length, count)
    rendered = np.concatenate(
        [engine.render(int(i), code[None]).copy() for i, code in zip(loop_index, codes, strict=True)]
    )
    truth = np.stack([drawn_picture(style, code, int(i)) for i, code in zip(loop_index, codes, strict=True)])
    return TestFrames(codes, loop_index, rendered, truth)


def mask_in_picture(style: CharacterStyle, crop: CropGeometry, loop_index: int, size: int) -> NDArray[np.float64]:
    """The paste mask on the head of this loop frame, (size, size)."""
    matrix = to_crop(style, idle_frame(loop_index, style.habit).pose, crop.left, crop.top)
    turn, offset = matrix[::-1, 1::-1], matrix[::-1, 2]
    middle = np.full(2, 0.5)
    mask: NDArray[np.float64] = ndimage.affine_transform(
        crop.mask.astype(np.float64), turn, offset + turn @ middle - middle, (size, size), order=1
    )
    return mask


def measure(style: CharacterStyle, crop: CropGeometry, frames: TestFrames) -> dict[str, float]:
    """PSNR in dB and sharpness inside the mask, opening against the lip code, and how much an edge shows."""
    errors, edges, plain, sharp, sharp_truth = [], [], [], 0.0, 0.0
    size = frames.truth.shape[2]
    for rendered, truth, index in zip(frames.rendered, frames.truth, frames.loop_index, strict=True):
        mask = mask_in_picture(style, crop, int(index), size)
        a, b = rendered[:size].astype(np.float64), truth[:size].astype(np.float64)
        inside, border = mask > 0.5, (mask > 0.02) & (mask < 0.98)
        errors.append(((a - b)[inside] ** 2).mean())
        step = np.abs(_gradient(a) - _gradient(b))
        edges.append(step[border].mean())
        plain.append(step[(mask == 0) & ndimage.binary_dilation(mask > 0, iterations=8)].mean())
        sharp += float((ndimage.laplace(a)[inside] ** 2).sum())
        sharp_truth += float((ndimage.laplace(b)[inside] ** 2).sum())
    return {
        "psnr_mouth_db": float(10 * np.log10(255**2 / np.mean(errors))),
        "sharpness": sharp / sharp_truth,
        "edge_gradient": float(np.mean(edges)),
        "edge_gradient_beside": float(np.mean(plain)),
        **opening_measures(frames, mouth_look(style)),
    }


def _gradient(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    slope: NDArray[np.float64] = np.hypot(ndimage.sobel(luma, 0), ndimage.sobel(luma, 1)) / 8
    return slope


def opening_measures(frames: TestFrames, look: MouthLook) -> dict[str, float]:
    """Correlation and slope of the opening seen in the rendered pictures with the lip code's; 0 if too few are seen."""
    seen = np.array([mouth_opening(picture, look) for picture in frames.rendered], np.float64)
    code = frames.lip_codes[:, 0]
    found = np.isfinite(seen)
    seen, code = seen[found], code[found]
    if len(seen) < 3 or not (np.ptp(seen) and np.ptp(code)):
        return {"opening_r": 0.0, "opening_slope": 0.0, "mouth_found": float(found.mean())}
    return {
        "opening_r": float(np.corrcoef(seen, code)[0, 1]),
        "opening_slope": float(np.polyfit(code, seen, 1)[0]),
        "mouth_found": float(found.mean()),
    }


def widest_opening_at_rest(style: CharacterStyle, engine: AvatarEngine) -> float:
    """Largest opening seen over the whole loop when the lip code says closed: 0 if it really closes, 1 if lost."""
    rest = np.zeros((1, LIP_CODE_SIZE), np.float32)
    look = mouth_look(style)
    seen = [mouth_opening(engine.render(index, rest)[0], look) for index in range(engine.spec.loop_length)]
    return max(1.0 if value is None else value for value in seen)


def render_milliseconds(engine: AvatarEngine, batch: int, clock: Callable[[], float] = time.process_time) -> float:
    """Median processor time of one picture in a batch, the loop frame changing from batch to batch as in a call."""
    codes = random_lip_codes(np.random.default_rng(1), batch)
    times = []
    for index in range(40):
        began = clock()
        engine.render(index, codes)
        times.append(clock() - began)
    return float(np.median(times)) * 1000 / batch
