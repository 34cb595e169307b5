from __future__ import annotations

from pathlib import Path

import pytest

from ims_avatar.config import Config
from ims_avatar.errors import AvatarNotFound, ConfigError, CorruptModel
from ims_avatar.serve.preflight import check
from tests.support.avatar_folders import avatar_copy


def _config(root: Path, avatar: str | None, **more: object) -> Config:
    rule = {"name": "support line", "whose": "caller", "avatar": avatar}
    tree = {"rules": [rule], "avatars": {"paths": [str(root)], "default": "otto"}, **more}
    return Config.model_validate(tree, strict=False)


def test_profiles_and_avatars_that_are_there_pass(tmp_path: Path) -> None:
    avatar_copy(tmp_path)
    check(_config(tmp_path, "otto"))
    check(_config(tmp_path, None))


def test_a_missing_avatar_names_the_rule_and_those_there_are(tmp_path: Path) -> None:
    avatar_copy(tmp_path)
    with pytest.raises(AvatarNotFound, match=r"rule 'support line': no avatar 'bob'.*Remedy: avatars found: .*otto"):
        check(_config(tmp_path, "bob"))


def test_a_corrupt_model_names_the_rule_and_the_file(tmp_path: Path) -> None:
    decoder = avatar_copy(tmp_path).path("decoder")
    decoder.write_bytes(b"x" * decoder.stat().st_size)
    with pytest.raises(CorruptModel, match=r"rule 'support line': .*decoder.onnx is not the file"):
        check(_config(tmp_path, "otto"))


def test_no_avatar_is_needed_where_no_rule_shows_one(tmp_path: Path) -> None:
    check(Config.model_validate({"avatars": {"default": "nobody-has-this"}}))


def test_a_missing_profile_names_the_peer(tmp_path: Path) -> None:
    peers = [{"name": "pbx", "networks": ["127.0.0.1"], "profile": "nonsense"}]
    with pytest.raises(ConfigError, match=r"peer 'pbx': no SIP profile 'nonsense'"):
        check(Config.model_validate({"peers": peers}))
