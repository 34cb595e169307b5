"""Clara's first picture, and the networks, loaded once: they are what takes time."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import ims_avatar
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")


@pytest.fixture(scope="session")
def clara() -> NDArray[np.uint8]:
    """(512, 512, 3): a drawn face, 143 pixels between the eyes."""
    film = Path(ims_avatar.__file__).parent / "avatars/library/clara/1/loop.mp4"
    with av.open(str(film)) as container:
        picture = np.asarray(next(container.decode(video=0)).to_ndarray(format="rgb24"), np.uint8)
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="session")
def face(finder: FaceFinder, clara: NDArray[np.uint8]) -> Face:
    return finder.faces(clara)[0]
