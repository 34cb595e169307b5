"""What the fake engine draws can be read back after a phone's video codec; nothing else reads as drawn by it."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.errors import AvatarError
from ims_avatar.inference.engines.fake import FakeEngine
from tests.support.coded_picture import read_coded_picture

INDICES = (0, 1, 2, 255, 256, 12_345, 65_534, 65_535)


def lip_codes(*openings: float) -> NDArray[np.float32]:
    codes = np.zeros((len(openings), 8), np.float32)
    codes[:, 0] = openings
    return codes


@pytest.mark.parametrize(("width", "height"), [(512, 512), (640, 480), (176, 144)])
@pytest.mark.parametrize("index", INDICES)
def test_it_reads_as_it_was_drawn(width: int, height: int, index: int) -> None:
    pictures = FakeEngine(width=width, height=height).render(index, lip_codes(0.0, 0.31, 0.8))
    read = [read_coded_picture(picture[:height]) for picture in pictures]
    assert [one.index for one in read if one] == [index] * 3
    assert [one.opening for one in read if one] == pytest.approx([0.0, 0.31, 0.8], abs=0.01)


@pytest.mark.parametrize("size", [512, 320])
def test_it_reads_after_coding_at_400_kbit_a_second(size: int) -> None:
    engine, film = FakeEngine(), io.BytesIO()
    openings = [0.4 + 0.4 * np.sin(i / 3) for i in range(50)]
    with av.open(film, "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width = stream.height = size
        stream.pix_fmt, stream.bit_rate = "yuv420p", 400_000
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "threads": "1"}
        for index, opening in enumerate(openings):
            picture = engine.render(40_000 + index, lip_codes(opening))[0]
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p").reformat(size, size)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    film.seek(0)
    with av.open(film, "r") as source:
        read = [read_coded_picture(f.to_ndarray(format="gray").astype(np.uint8)) for f in source.decode(video=0)]
    assert [one.index if one else None for one in read] == [40_000 + i for i in range(50)]
    assert [one.opening if one else None for one in read] == pytest.approx(openings, abs=0.03)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_picture_is_not_coded(level: int) -> None:
    assert read_coded_picture(np.full((512, 512), level, np.uint8)) is None


def test_a_flipped_bit_is_noticed() -> None:
    picture = FakeEngine().render(4321, lip_codes(0.2))[0][:512].copy()
    block = picture[64:128, 0:64]
    block[:] = 252 - block
    assert read_coded_picture(picture) is None


def test_odd_sizes_are_refused() -> None:
    with pytest.raises(AvatarError, match="even"):
        FakeEngine(width=511)
