"""The configuration: defaults, and what a wrong file is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from ims_avatar.config import Config, load_config
from ims_avatar.errors import ConfigError
from ims_avatar.yaml_model import load_yaml_model


def test_without_a_file_the_defaults_hold() -> None:
    config = load_config(None)
    assert (config.sip.address, config.sip.port) == ("127.0.0.1", 5060)
    assert config.peers[0].networks == ["127.0.0.0/8"]
    assert config.media_address == "127.0.0.1"


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing\n")
    assert load_config(path) == Config()


def test_a_whole_configuration_is_read(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "sip: {address: 192.0.2.1, port: 5062, worker_ports: [6000, 6010]}\n"
        "peers:\n- {name: a, networks: [192.0.2.77/24]}\n"
        "next_hops:\n- {name: b, hosts: [core.example.org], profile: ims-isc}\n"
        "rules:\n- name: r\n  match: {called: '^sip:4', headers: {X-Avatar: on}}\n  whose: both\n  avatar: ann\n"
        "media: {address: 192.0.2.2, rtp_ports: [30000, 30100]}\n"
        "avatars: {paths: [/srv/avatars]}\n"
        f"profiles_path: {tmp_path}\n"
    )
    with pytest.raises(ConfigError, match=r"site.yaml:8: rules.0.match.headers.X-Avatar"):
        load_config(path)
    path.write_text(path.read_text().replace("X-Avatar: on", "X-Avatar: 'on'"))
    config = load_config(path)
    assert config.sip.worker_ports == (6000, 6010)
    assert config.peers[0].networks == ["192.0.2.0/24"]
    assert config.rules[0].match.headers == {"X-Avatar": "on"}
    assert config.media_address == "192.0.2.2"
    assert config.avatars.paths == [Path("/srv/avatars")]
    assert config.profiles_path == tmp_path


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("sip:\n  adress: 127.0.0.1\n", 2, "unknown field 'sip.adress'. Remedy: remove it or mend its spelling"),
        ("sips: {}\n", 1, "unknown field 'sips'"),
        ("sip:\n  port: five\n", 2, "sip.port: Input should be a valid integer"),
        ("sip:\n  port: '5060'\n", 2, "sip.port: Input should be a valid integer"),
        ("sip:\n  port: 70000\n", 2, "less than or equal to 65535"),
        ("sip:\n  address: example.org\n", 2, "is not an IP address; write the address that peers reach"),
        ("\n\npeers:\n- name: a\n  networks: []\n", 5, "peers.0.networks"),
        ("peers:\n- name: a\n  networks:\n  - 10.0.0.0/8\n  - 10.0.0/40\n", 5, "is not an IP address or network"),
        ("peers:\n- networks: [10.0.0.0/8]\n", 2, "field 'peers.0.name' is missing. Remedy: add it"),
        ("next_hops:\n- name: a\n", 2, "a next hop needs networks or hosts"),
        ("rules:\n- name: r\n  match:\n    called: '('\n", 4, "is not a regular expression"),
        ("rules:\n- name: r\n  route: 192.0.2.1\n", 3, "is not a SIP URI; write e.g."),
        ("rules:\n- name: r\n  whose: both\n  viewer: caller\n", 2, "two pictures on one leg; use viewer: other"),
        ("rules:\n- name: r\n  avatar: ann\n", 2, "an avatar is named but whose is 'nobody'"),
        ("rules:\n- name: r\n  whose: me\n", 3, "rules.0.whose"),
        ("media:\n  rtp_ports: [100, 200]\n", 1, "rtp_ports 100-200"),
        ("media:\n  rtp_ports: [20000]\n", 2, "media.rtp_ports"),
        ("video:\n  width: 500\n", 2, "multiple of 16"),
        ("log: {level: loud}\n", 1, "log.level"),
        ("sip: [\n", 2, "expected the node content"),
        ("sip: {\tport: 1}\n", 1, "cannot start any token"),
        ("- sip\n", 1, "a mapping of fields is expected"),
        ("just text\n", 1, "a mapping of fields is expected"),
    ],
)
def test_a_wrong_file_is_refused_with_line_field_and_remedy(text: str, line: int, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "ims-avatar.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert f"{path}:{line}: " in str(caught.value)
    assert cause in str(caught.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text("sip:\n  port: -1\n  retry_after_s: 0\n")
    with pytest.raises(ConfigError, match=r"two.yaml:2: sip.port.*two.yaml:3: sip.retry_after_s"):
        load_config(path)


def test_the_fields_that_exist_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("rules:\n- name: r\n  match: {caled: x}\n")
    with pytest.raises(ConfigError, match=r"known here: called, calling, headers"):
        load_config(path)


def test_files_that_cannot_be_read_are_config_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file"):
        load_config(tmp_path / "missing.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"log: {level: \xe9}\n")
    with pytest.raises(ConfigError, match=r"not UTF-8 text \(byte 13\)"):
        load_config(path)
    path.write_text("a: *nowhere\n")
    with pytest.raises(ConfigError, match=r"latin.yaml:1: found undefined alias"):
        load_config(path)


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [true]\n", "a: !!python/name:os.system\n", "? [a, b]\n: c\n",
        "? {a: b}\n: c\n", "1: 2\n", "null: 1\n", "a: &x [*x]\n", "sip: &s {port: *s}\n",
        "date: 2026-01-01\n", "a: .nan\n", "\x00\n",
    ],
)  # fmt: skip
def test_odd_yaml_is_a_config_error_too(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        load_yaml_model(path, Config)


def test_the_tree_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Config().sip.port = 1  # type: ignore[misc]
