"""An avatar follows a driver's head and lids; without a driver its loop plays."""

from __future__ import annotations

import av
import numpy as np
import pytest
import structlog
from numpy.typing import NDArray

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.config import Config
from ims_avatar.driving.moment import MOMENT_SAMPLES, Moment
from ims_avatar.faces import geometry as g
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.motion import FaceMotion
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.fake import FakeEngine
from ims_avatar.pool_process.library import avatar_loader
from ims_avatar.render.actor import Actor
from tests.support.coded_picture import read_coded_picture


@pytest.fixture(scope="module")
def engine() -> AvatarEngine:
    return avatar_loader(Config())(Config().avatars.default).engine


def moment(opening: float = 0.0, motion: FaceMotion | None = None) -> Moment:
    code = np.zeros(8, np.float32)
    code[0], code[5] = opening, opening * 0.8
    return Moment(code, np.zeros(MOMENT_SAMPLES, np.int16), motion)


def points(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    rgb = av.VideoFrame.from_ndarray(picture, format="yuv420p").to_ndarray(format="rgb24")
    return FaceFinder().faces(np.asarray(rgb, np.uint8))[0].points


def eyes(face: NDArray[np.float32]) -> float:
    return float(np.mean([np.linalg.norm(face[a, :2] - face[b, :2]) for a, b in (*g.LEFT_LIDS, *g.RIGHT_LIDS)]))


def test_mouth_lids_and_head_follow(engine: AvatarEngine) -> None:
    actor = Actor(engine)
    still = points(actor.picture(0, moment(motion=FaceMotion())).copy())
    moved = points(actor.picture(0, moment(0.4, FaceMotion(dx=0.06, roll=3.0))).copy())
    blink = points(actor.picture(0, moment(motion=FaceMotion(lids=(1.0, 1.0)))).copy())
    unit = g.eye_distance(still)
    tilt = np.degrees(np.arctan2(*(moved[263, :2] - moved[33, :2])[::-1]))
    assert tilt == pytest.approx(3.0, abs=1.0)
    assert (moved - still)[list(g.OUTER_EYES), 0].mean() > 0.04 * unit
    assert np.linalg.norm(moved[13] - moved[14]) > 0.15 * unit
    assert eyes(blink) < 0.5 * eyes(still)


def test_a_driven_avatar_holds_its_loop_and_breathes(engine: AvatarEngine) -> None:
    actor = Actor(engine)
    at_rest = [actor.picture(index, moment(motion=FaceMotion())).copy().astype(int) for index in (0, 52, 105)]
    assert np.abs(at_rest[0] - at_rest[2]).max() <= 2  # a whole breath later
    shoulders = np.abs(at_rest[0] - at_rest[1])[420:512]
    assert shoulders.max() > 10
    face = np.abs(at_rest[0] - at_rest[1])[200:300, 200:300]
    assert face.max() <= 2


def test_without_a_driver_the_loop_plays() -> None:
    actor = Actor(FakeEngine(width=128, height=128))
    seen = [read_coded_picture(actor.picture(index, moment())[:128]) for index in range(3)]
    assert [picture.index for picture in seen if picture] == [0, 1, 2]


def test_in_an_avatar_without_a_face_only_the_mouth_follows() -> None:
    actor = Actor(FakeEngine(width=128, height=128))
    with structlog.testing.capture_logs() as logs:
        picture = read_coded_picture(actor.picture(7, moment(0.4, FaceMotion(dx=0.1)))[:128])
    assert picture and picture.index == 7 and picture.opening == pytest.approx(0.4, abs=0.05)
    assert [log["event"] for log in logs] == ["no face is found in the avatar: only its mouth follows"]
