"""Clara's loop as the picture and the film that somebody enrols: drawn faces are found like others."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import ims_avatar

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.enrol.photo import photo_reference
from ims_avatar.enrol.reference import Reference
from ims_avatar.faces.finder import FaceFinder

Picture = NDArray[np.uint8]


@pytest.fixture(scope="session")
def clara_film() -> Picture:
    """(120, 512, 512, 3): the first pictures of her loop; she blinks at 31."""
    film = Path(ims_avatar.__file__).parent / "avatars/library/clara/1/loop.mp4"
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in islice(container.decode(video=0), 120)]
    pictures = np.stack(frames).astype(np.uint8)
    pictures.flags.writeable = False
    return pictures


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="session")
def reference(clara_film: Picture, finder: FaceFinder) -> Reference:
    """Clara enrolled from one picture."""
    return photo_reference(clara_film[0], finder=finder)


def write_film(path: Path, pictures: Iterable[Picture], rate: int = 25) -> Path:
    """RGB pictures of one size as an H.264 film."""
    shown = list(pictures)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width = shown[0].shape[:2]
        stream.options = {"crf": "12", "preset": "ultrafast"}
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, rate)
        for index, picture in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
