from __future__ import annotations

import io
from collections.abc import Iterator

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.training.drawn.characters.cast import STYLES
from ims_avatar.training.drawn.characters.style import CLARA, CharacterStyle
from ims_avatar.training.drawn.lip_corpus import random_lip_codes
from ims_avatar.training.drawn.mouth_look import mouth_look
from ims_avatar.training.drawn.mouth_measure import CLARA_LOOK
from tests.support.mouth import correlation, mouth_opening, mouth_openings

pytest.importorskip("skia", reason="drawing needs skia-python: pip install 'ims-avatar[train]'")

LENGTH = 120


@pytest.fixture(scope="module")
def codes() -> NDArray[np.float32]:
    return random_lip_codes(np.random.default_rng(8), LENGTH, 0.3)


@pytest.fixture(scope="module")
def drawn(codes: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    return drawn_mouths(CLARA, codes)


def drawn_mouths(style: CharacterStyle, codes: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    """Drawn truth around the mouth, the head anywhere in its loop."""
    from ims_avatar.avatars.i420 import picture_of_planes, planes_of_rgb
    from ims_avatar.training.drawn.characters.drawing import View, draw
    from ims_avatar.training.drawn.characters.idle import idle_frame

    view = View(np.array([[1.0, 0.0, -190.0], [0.0, 1.0, -290.0]]), 132, 130, 1)
    pictures = []
    for number, code in enumerate(codes):
        idle = idle_frame(number * 13 % 225, style.habit)
        whole = np.full((512, 512, 3), 200, np.uint8)
        whole[290:420, 190:322] = draw(style, code, idle.pose, idle.expression, view)
        pictures.append(picture_of_planes(planes_of_rgb(whole)))
    return pictures


def coded(pictures: list[NDArray[np.uint8]], width: int, bit_rate: int) -> Iterator[NDArray[np.uint8]]:
    """Through a phone's H.264, at another size."""
    film = io.BytesIO()
    with av.open(film, "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width = stream.height = width
        stream.pix_fmt, stream.bit_rate = "yuv420p", bit_rate
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "threads": "1"}
        for drawn in pictures:
            frame = av.VideoFrame.from_ndarray(drawn, format="yuv420p").reformat(width, width)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    film.seek(0)
    with av.open(film, "r") as source:
        for picture in source.decode(video=0):
            yield picture.to_ndarray(format="yuv420p").astype(np.uint8, copy=False)


def test_it_sees_what_was_drawn(drawn: list[NDArray[np.uint8]], codes: NDArray[np.float32]) -> None:
    seen = mouth_openings(drawn)
    assert correlation(seen, codes[:, 0]) >= 0.97
    assert abs(np.polyfit(codes[:, 0], seen, 1)[0] - 1) < 0.1


@pytest.mark.parametrize(("width", "bit_rate"), [(512, 400_000), (352, 250_000)])
def test_it_sees_it_after_coding(
    drawn: list[NDArray[np.uint8]], codes: NDArray[np.float32], width: int, bit_rate: int
) -> None:
    seen = mouth_openings(coded(drawn, width, bit_rate))
    assert correlation(seen, codes[:, 0]) >= 0.95


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
def test_it_knows_everybodys_colours(style: CharacterStyle) -> None:
    codes = np.concatenate([random_lip_codes(np.random.default_rng(9), 24, 0.3), np.zeros((3, 8), np.float32)])
    seen = mouth_openings(drawn_mouths(style, codes), mouth_look(style))
    assert np.isfinite(seen).all() and (seen[-3:] == 0).all()
    assert correlation(seen, codes[:, 0]) >= 0.97
    assert abs(np.polyfit(codes[:, 0], seen, 1)[0] - 1) < 0.1


def test_claras_look_is_what_her_colours_say() -> None:
    ours = mouth_look(CLARA)
    assert (ours.red, ours.dark_above, ours.dark_below) == pytest.approx(
        (CLARA_LOOK.red, CLARA_LOOK.dark_above, CLARA_LOOK.dark_below), abs=0.3
    )
    assert ours.mouth_width == CLARA_LOOK.mouth_width and ours.rows == pytest.approx(CLARA_LOOK.rows, abs=1e-3)


def test_where_no_mouth_is_it_says_so() -> None:
    assert mouth_opening(np.full((768, 512), 128, np.uint8)) is None
