from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from ims_avatar.cli.bitmap_font import text_mask
from ims_avatar.cli.contact_sheet import GAP, MARK, SOUND, STRIP, TimedPicture, draw_sheet, write_png
from ims_avatar.errors import RecordingError

RATE = 8000


def _pictures(count: int) -> list[TimedPicture]:
    return [TimedPicture(float(index), np.full((64, 96, 3), 40 * index, np.uint8)) for index in range(count)]


def test_pictures_stand_in_rows_of_the_wanted_length() -> None:
    sheet = draw_sheet(_pictures(5), np.zeros(RATE * 5, np.int16), RATE, columns=4)
    assert sheet.shape == (2 * (64 + STRIP + GAP) + GAP, 4 * (96 + GAP) + GAP, 3)
    assert sheet[GAP + 40, GAP + (96 + GAP) + 90].tolist() == [40, 40, 40]


def test_the_sound_strip_shows_loud_before_and_silence_after_the_picture() -> None:
    sound = np.zeros(RATE * 3, np.int16)
    sound[: RATE * 1] = 20000
    sheet = draw_sheet([_pictures(2)[1]], sound, RATE, columns=1)
    strip = sheet[GAP + 64 : GAP + 64 + STRIP, GAP : GAP + 96]
    assert strip[5, 10].tolist() == list(SOUND)
    assert strip[5, 90].tolist() != list(SOUND)
    assert strip[5, 48].tolist() == list(MARK)


def test_no_picture_is_said_with_a_remedy() -> None:
    with pytest.raises(RecordingError, match="SIP ladder"):
        draw_sheet([], np.zeros(1, np.int16), RATE)


def test_the_png_holds_the_same_pixels(tmp_path: Path) -> None:
    rgb = np.random.default_rng(1).integers(0, 255, (20, 30, 3), np.uint8)
    write_png(tmp_path / "sheet.png", rgb)
    with av.open(str(tmp_path / "sheet.png")) as container:
        assert (next(container.decode(video=0)).to_ndarray(format="rgb24") == rgb).all()


def test_a_full_disk_is_said_with_a_remedy() -> None:
    with pytest.raises(RecordingError, match="No space left"):
        write_png(Path("/dev/full"), np.zeros((4, 4, 3), np.uint8))


def test_every_sign_of_a_time_has_its_own_dots() -> None:
    masks = [text_mask(sign, 1).tobytes() for sign in "0123456789.-s "]
    assert len(set(masks)) == len(masks)
    assert text_mask("12", 2).shape == (14, 24)
    assert text_mask("").shape == (14, 0)
