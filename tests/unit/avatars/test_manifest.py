from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ims_avatar.avatars.manifest import AvatarManifest, BaseModelManifest, ConsentRecord, read_manifest
from ims_avatar.errors import CorruptModel

ENTRY = {"path": "f", "sha256": "0" * 64, "size": 0}
GOOD: dict[str, Any] = {
    "format": 1,
    "kind": "personalised",
    "name": "ada",
    "version": 1,
    "title": "Ada",
    "width": 512,
    "height": 512,
    "frame_rate": 25,
    "loop_frames": 10,
    "paste": {"left": 100, "top": 200, "width": 64, "height": 64},
    "licence": "Apache-2.0",
    "consent": "drawn",
    "files": dict.fromkeys(("loop", "loop_matrices", "reference", "decoder", "model_card"), ENTRY),
}


def write(folder: Path, content: object) -> Path:
    (folder / "manifest.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_a_good_manifest_is_read(tmp_path: Path) -> None:
    manifest = read_manifest(write(tmp_path, GOOD), AvatarManifest)
    assert (manifest.name, manifest.version, manifest.paste.width) == ("ada", 1, 64)


def test_a_base_model_needs_no_pictures(tmp_path: Path) -> None:
    content = {
        "format": 1,
        "kind": "audio_encoder",
        "name": "ears",
        "version": 2,
        "licence": "x",
        "files": {"m": ENTRY},
    }
    assert read_manifest(write(tmp_path, content), BaseModelManifest).files["m"].size == 0


CONSENT = {"statement": "You may animate me.", "recorded_by": "otto", "recorded_at": "2026-11-25T10:00:00+01:00"}


def test_a_persons_consent_says_who_recorded_it_when(tmp_path: Path) -> None:
    manifest = read_manifest(write(tmp_path, {**GOOD, "consent": CONSENT}), AvatarManifest)
    assert isinstance(manifest.consent, ConsentRecord) and manifest.consent.recorded_by == "otto"


def test_a_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match="format 2") as caught:
        read_manifest(write(tmp_path, {**GOOD, "format": 2, "surprise": 1}), AvatarManifest)
    assert "update" in caught.value.remedy


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": 0}, "format"),
        ({"format": "1"}, "format"),
        ({"base_model": "robust"}, "base_model"),
        ({"consent": {**CONSENT, "recorded_by": ""}}, "consent"),
        ({"consent": {**CONSENT, "recorded_at": "yesterday"}}, "consent"),
        ({"consent": {"statement": "yes"}}, "consent"),
        ({"width": 511}, "width"),
        ({"version": "1"}, "version"),
        ({"name": "../ada"}, "name"),
        ({"consent": ""}, "consent"),
        ({"surprise": 1}, "surprise"),
        ({"paste": {"left": 480, "top": 0, "width": 64, "height": 64}}, "inside the picture"),
        ({"files": {"loop": ENTRY}}, "decoder"),
        ({"files": {**GOOD["files"], "x": {**ENTRY, "path": "../secret"}}}, "files.x.path"),
        ({"files": {**GOOD["files"], "x": {**ENTRY, "path": "/etc/passwd"}}}, "files.x.path"),
        ({"files": {**GOOD["files"], "x": {**ENTRY, "sha256": "abc"}}}, "files.x.sha256"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    with pytest.raises(CorruptModel, match=named) as caught:
        read_manifest(write(tmp_path, {**GOOD, **change}), AvatarManifest)
    assert str(tmp_path) in str(caught.value) and caught.value.remedy


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "x" * (2 << 20)])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorruptModel, match="manifest"):
        read_manifest(write(tmp_path, text), AvatarManifest)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorruptModel, match="not JSON"):
        read_manifest(tmp_path, AvatarManifest)
