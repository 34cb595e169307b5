from __future__ import annotations

from pathlib import Path

import pytest

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.errors import CorruptModel


def test_the_film_is_decoded_whole() -> None:
    avatar = AvatarRepository().find("clara")
    manifest = avatar.manifest
    loop = read_loop(avatar.path("loop"), manifest.width, manifest.height, manifest.loop_frames)
    assert loop.shape == (manifest.loop_frames, manifest.height * 3 // 2, manifest.width)
    assert loop[:, : manifest.height].min() >= 16 and loop[:, : manifest.height].max() <= 240


def test_the_loop_has_no_seam() -> None:
    """From the last picture to the first one changes no more than from any other to its next."""
    avatar = AvatarRepository().find("clara")
    manifest = avatar.manifest
    loop = read_loop(avatar.path("loop"), manifest.width, manifest.height, manifest.loop_frames)
    luma = loop[:, : manifest.height : 4, ::4].astype(float)
    steps = [abs(luma[i] - luma[i - 1]).mean() for i in range(len(luma))]
    assert steps[0] <= max(steps[1:])
    assert min(steps) > 0, "somebody alive is never quite still"


@pytest.mark.parametrize("frames", [1, 1000])
def test_another_length_than_promised_is_refused(frames: int) -> None:
    avatar = AvatarRepository().find("clara")
    with pytest.raises(CorruptModel, match="pictures of 512x512"):
        read_loop(avatar.path("loop"), 512, 512, frames)


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"not a film" * 100):
        (tmp_path / "loop.mp4").write_bytes(content)
        with pytest.raises(CorruptModel, match=r"loop\.mp4"):
            read_loop(tmp_path / "loop.mp4", 512, 512, 10)
    with pytest.raises(CorruptModel, match="none"):
        read_loop(tmp_path / "none", 512, 512, 10)
