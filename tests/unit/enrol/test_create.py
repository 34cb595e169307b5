"""Clara's picture, enrolled with the shipped renderer: what comes out is an avatar like any other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.manifest import ConsentRecord
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.enrol import create
from ims_avatar.enrol.create import RENDERER, Enrolment, create_avatar, next_version
from ims_avatar.enrol.idle import BLINKS
from ims_avatar.enrol.reference import Reference
from ims_avatar.errors import AvatarError, AvatarNotFound, AvatarNotWritten, ReferenceRefused
from ims_avatar.faces.checks import eye_opening, mouth_opening
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.onnx import onnx_engine
from tests.unit.enrol.conftest import Picture
from tests.unit.faces.pictures import landscape, rgb_of

CONSENT = ConsentRecord(statement="Shows nobody: drawn.", recorded_by="a test", recorded_at="2026-01-02T03:04:05+00:00")
REST = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
OPEN = (0.5, 0.0, 0.0, 0.05, 0.0, 0.42, 0.0, 0.0)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("avatars")


@pytest.fixture(scope="module")
def enrolment(clara_film: Picture, tmp_path_factory: pytest.TempPathFactory) -> Enrolment:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    cv2.imwrite(str(path), np.ascontiguousarray(clara_film[0][..., ::-1]))
    return Enrolment("clara-photo", path, CONSENT, title="Clara, from a picture", licence="Apache-2.0")


@pytest.fixture(scope="module")
def avatar(enrolment: Enrolment, directory: Path) -> Avatar:
    return create_avatar(enrolment, directory, AvatarRepository([directory]))


@pytest.fixture(scope="module")
def engine(avatar: Avatar) -> AvatarEngine:
    return onnx_engine(avatar)


def _shown(engine: AvatarEngine, frame: int, code: Sequence[float]) -> Picture:
    return rgb_of(engine.render(frame, np.array([code], np.float32))[0])


def test_it_is_found_whole_and_says_what_it_is(avatar: Avatar, directory: Path) -> None:
    found = AvatarRepository([directory]).load("clara-photo")
    assert found.folder == directory / "clara-photo/1"
    manifest = found.manifest
    shared = AvatarRepository().base_model(RENDERER)
    assert (manifest.kind, manifest.loop_frames) == ("robust", 225)
    assert manifest.base_model == f"renderer/{shared.manifest.version}"
    assert found.path("decoder").read_bytes() == shared.path("bend_decoder").read_bytes()
    assert (manifest.title, manifest.licence, manifest.consent) == ("Clara, from a picture", "Apache-2.0", CONSENT)
    card = json.loads(found.path("model_card").read_text())
    assert card["measures"]["eye_distance"] == pytest.approx(141, abs=2)
    preview = cv2.imread(str(found.path("preview")))
    assert preview is not None and preview.shape[1] > 1000


def test_the_mouth_opens_when_told_to_and_closes_at_rest(engine: AvatarEngine, finder: FaceFinder) -> None:
    for frame in (0, 80):
        at_rest, opened = (mouth_opening(finder.faces(_shown(engine, frame, code))[0]) for code in (REST, OPEN))
        assert at_rest < 0.06
        assert 0.3 < opened < 0.7


def test_at_rest_its_mouth_is_the_one_of_the_picture(engine: AvatarEngine, avatar: Avatar) -> None:
    loop = read_loop(avatar.path("loop"), 512, 512, 225)
    box = avatar.manifest.paste
    for frame in (0, 150):
        difference = np.abs(engine.render(frame, np.array([REST], np.float32))[0].astype(int) - loop[frame])
        assert difference[box.top : box.top + box.height, box.left : box.left + box.width].mean() < 4


def test_lips_change_nothing_but_the_mouth(engine: AvatarEngine, avatar: Avatar) -> None:
    at_rest, opened = (engine.render(0, np.array([code], np.float32))[0].copy() for code in (REST, OPEN))
    changed = np.abs(at_rest.astype(int) - opened)[:512]
    box = avatar.manifest.paste
    assert changed[box.top : box.top + box.height, box.left : box.left + box.width].max() > 60
    changed[box.top : box.top + box.height, box.left : box.left + box.width] = 0
    assert changed.max() == 0


def test_it_blinks(engine: AvatarEngine, finder: FaceFinder) -> None:
    opened, shut = (eye_opening(finder.faces(_shown(engine, BLINKS[0] + k, REST))[0]) for k in (-3, 2))
    assert shut < 0.5 * opened


@pytest.fixture
def known(reference: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture was looked at before."""
    monkeypatch.setattr(create, "reference_of", lambda enrolment, progress: reference)


@pytest.mark.usefixtures("known")
def test_a_name_that_is_taken_gets_its_next_version(avatar: Avatar, enrolment: Enrolment, directory: Path) -> None:
    before = {path: path.read_bytes() for path in avatar.folder.iterdir()}
    second = create_avatar(enrolment, directory, AvatarRepository([directory]))
    assert second.folder == directory / "clara-photo/2"
    assert {path: path.read_bytes() for path in avatar.folder.iterdir()} == before


def test_names_of_shipped_avatars_are_taken_too(tmp_path: Path) -> None:
    assert next_version("clara", tmp_path, AvatarRepository([tmp_path])) > 1
    assert next_version("nobody-yet", tmp_path, AvatarRepository([tmp_path])) == 1


def test_a_refused_picture_leaves_nothing_behind(enrolment: Enrolment, tmp_path: Path) -> None:
    path = tmp_path / "nobody.png"
    cv2.imwrite(str(path), landscape())
    target = tmp_path / "avatars"
    with pytest.raises(ReferenceRefused, match="no face found"):
        create_avatar(replace(enrolment, reference=path), target, AvatarRepository([target]))
    assert not target.exists()


@pytest.mark.usefixtures("known")
def test_a_folder_that_cannot_be_written_is_named(enrolment: Enrolment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AvatarNotWritten, match="file"):
        create_avatar(enrolment, tmp_path / "file" / "avatars", AvatarRepository())


@pytest.mark.parametrize("name", ["Clara", "base", "", "a/b", "../x"])
def test_names_that_no_avatar_can_have(name: str, enrolment: Enrolment, tmp_path: Path) -> None:
    with pytest.raises(AvatarError, match="cannot be an avatar's name"):
        create_avatar(replace(enrolment, name=name), tmp_path, AvatarRepository([tmp_path]))


def test_without_a_renderer_nothing_is_tried(enrolment: Enrolment, tmp_path: Path) -> None:
    with pytest.raises(AvatarNotFound, match="base model 'renderer'"):
        create_avatar(enrolment, tmp_path, AvatarRepository([tmp_path], shipped=tmp_path / "empty"))
