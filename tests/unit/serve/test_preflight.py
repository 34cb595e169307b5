from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ims_avatar.config import Config
from ims_avatar.errors import AvatarNotFound, ConfigError, CorruptModel
from ims_avatar.serve.preflight import check

ROLES = ("loop", "loop_matrices", "reference", "decoder", "model_card")


def _avatar(root: Path, name: str) -> Path:
    """A folder whose manifest is true; what is in the files does not matter here."""
    folder = root / name / "1"
    folder.mkdir(parents=True)
    files = {}
    for role in ROLES:
        content = f"{name} {role}".encode()
        (folder / role).write_bytes(content)
        files[role] = {"path": role, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    manifest = {
        "format": 1, "kind": "personalised", "name": name, "version": 1, "title": name, "width": 512, "height": 512,
        "frame_rate": 25, "loop_frames": 100, "paste": {"left": 128, "top": 256, "width": 128, "height": 128},
        "licence": "Apache-2.0", "consent": "drawn", "files": files,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _config(root: Path, avatar: str | None, **more: object) -> Config:
    rule = {"name": "support line", "whose": "caller", "avatar": avatar}
    tree = {"rules": [rule], "avatars": {"paths": [str(root)], "default": "ada"}, **more}
    return Config.model_validate(tree, strict=False)


def test_profiles_and_avatars_that_are_there_pass(tmp_path: Path) -> None:
    _avatar(tmp_path, "ada")
    check(_config(tmp_path, "ada"))
    check(_config(tmp_path, None))


def test_a_missing_avatar_names_the_rule_and_those_there_are(tmp_path: Path) -> None:
    _avatar(tmp_path, "ada")
    with pytest.raises(AvatarNotFound, match=r"rule 'support line': no avatar 'bob'.*Remedy: avatars found: ada"):
        check(_config(tmp_path, "bob"))


def test_a_corrupt_model_names_the_rule_and_the_file(tmp_path: Path) -> None:
    decoder = _avatar(tmp_path, "ada") / "decoder"
    decoder.write_bytes(b"x" * decoder.stat().st_size)
    with pytest.raises(CorruptModel, match=r"rule 'support line': .*decoder is not the file"):
        check(_config(tmp_path, "ada"))


def test_no_avatar_is_needed_where_no_rule_shows_one(tmp_path: Path) -> None:
    check(Config.model_validate({"avatars": {"default": "nobody-has-this"}}))


def test_a_missing_profile_names_the_peer(tmp_path: Path) -> None:
    peers = [{"name": "pbx", "networks": ["127.0.0.1"], "profile": "nonsense"}]
    with pytest.raises(ConfigError, match=r"peer 'pbx': no SIP profile 'nonsense'"):
        check(Config.model_validate({"peers": peers}))
