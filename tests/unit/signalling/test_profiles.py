"""The shipped profiles, their documentation, and what a wrong profile is told."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel

from ims_avatar.config import Config, NextHopConfig, PeerConfig
from ims_avatar.errors import ConfigError
from ims_avatar.signalling.profiles import PeerProfile, load_profile, load_profiles, profile_names

README = files("sip_profiles").joinpath("README.md").read_text()


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_loads_and_is_listed(name: str) -> None:
    profile = load_profile(name)
    assert profile.description
    assert f"`{name}.yaml`" in README


def test_the_shipped_profiles_are_those_we_promise() -> None:
    assert set(profile_names()) >= {"generic", "baresip", "linphone", "ims-isc", "sip-trunk"}
    assert "EVS" in load_profile("ims-isc").audio.dropped
    assert load_profile("ims-isc").video.rtp_profile == "AVPF"
    assert load_profile("sip-trunk").add_video.ways == ()


def _fields(model: type[BaseModel], prefix: str = "") -> list[tuple[str, object]]:
    found = list[tuple[str, object]]()
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found += _fields(info.annotation, f"{name}.")
        else:
            found.append((prefix + name, info.default))
    return found


@pytest.mark.parametrize(("field", "default"), _fields(PeerProfile))
def test_the_readme_explains_every_field_and_its_default(field: str, default: object) -> None:
    row = re.search(rf"^\| `{re.escape(field)}` \| (.*?) \| (.+) \|$", README, re.MULTILINE)
    assert row, f"{field} is not in sip_profiles/README.md"
    stated = row[1].strip("`")
    if isinstance(default, tuple):
        assert stated == "[" + ", ".join(map(str, default)) + "]"
    elif isinstance(default, bool):
        assert stated == str(default).lower()
    elif isinstance(default, int | float | str):
        assert stated == f"{default:g}" if isinstance(default, float) else str(default)
    else:
        assert stated.startswith("(")


def test_the_readme_explains_nothing_else() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| .* \| .* \|$", README, re.MULTILINE)
    assert sorted(rows) == sorted(field for field, _ in _fields(PeerProfile))


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("descriptoin: x\n", 1, "unknown field 'descriptoin'"),
        ("audio: {}\n", 1, "field 'description' is missing"),
        ("description: x\naudio:\n  allowed: [PCMU]\n  codecs: [PCMU]\n", 4, "unknown field 'audio.codecs'"),
        ("description: x\ntransport: carrier-pigeon\n", 2, "'udp' or 'tcp'"),
        ("description: x\nvideo:\n  mtu: large\n", 3, "video.mtu"),
        ("description: x\nvideo:\n  mtu: 200\n", 3, "greater than or equal to 256"),
        ("description: x\nvideo:\n  mtu: 1501\n", 3, "less than or equal to 1500"),
        ("description: x\naudio:\n  ptime_ms: 25\n", 3, "multiple of 10"),
        (
            "description: x\naudio:\n  allowed: [PCMU]\n  preferred: [PCMA]\n",
            2,
            "preferred codec PCMA is not allowed; add",
        ),
        ("description: x\naudio:\n  dropped: [EVS]\n  preferred: [EVS]\n", 2, "preferred codec EVS is not allowed"),
        ("description: x\naudio:\n  allowed: [PCMU, EVS]\n  dropped: [EVS]\n", 2, "both allowed and dropped"),
        ("description: x\naudio:\n  allowed: []\n", 2, "allowed is empty"),
        ("description: x\naudio:\n  allowed: [PCMU]\n", 2, "offered codec G722 is not allowed; add it"),
        ("description: x\naudio:\n  offered: [EVS]\n", 3, "audio.offered.0"),
        ("description: x\naudio:\n  allowed: ['PC MU']\n", 3, "is not an encoding name"),
        ("description: x\nvideo:\n  packetization_modes: [0]\n", 2, "preferred_packetization_mode 1 is not among"),
        ("description: x\nvideo:\n  packetization_modes: [2]\n", 3, "video.packetization_modes"),
        ("description: x\nvideo:\n  rtcp_fb_in_avp: false\n", 2, "AVP carries no rtcp_fb; write AVPF"),
        ("description: x\nvideo:\n  rtcp_fb: [nack rpsi]\n", 3, "video.rtcp_fb"),
        ("description: x\nvideo:\n  profile_level_ids: [42e0]\n", 3, "six hex digits"),
        ("description: x\nvideo:\n  profile_level_ids: ['6e001f']\n", 3, "can show constrained baseline"),
        ("description: x\nvideo:\n  profile_level_ids: [42e01f, 42c00c]\n", 2, "is constrained baseline like another"),
        ("description: x\nvideo:\n  bit_rate: 400000\n  bandwidth_as_kbps: 200\n", 2, "is under bit_rate 400000"),
        ("description: x\nvideo:\n  bandwidth_lines: []\n  bandwidth_as_kbps: 500\n", 2, "has no AS; add it"),
        ("description: x\nvideo:\n  allowed: [VP8]\n", 1, "which avatars are sent in; allow it"),
        ("description: x\nadd_video:\n  ways: [telepathy]\n", 3, "add_video.ways"),
        ("description: x\nadd_video:\n  ways: [answer]\n  reinvite_delay_s: 1\n", 2, "ways has no 'reinvite'"),
        ("description: x\ntimers:\n  min_se_s: 600\n  session_expires_s: 300\n", 2, "is under min_se_s 600"),
        ("description: x\ntimers:\n  session_timer: off\n", 3, "timers.session_timer"),
        ("description: x\ncopied_headers:\n- Via\n", 3, "belongs to one dialog"),
        ("description: x\ncopied_headers: ['P-Served User']\n", 2, "is not a SIP header name"),
        ("description: [\n", 2, "expected the node content"),
        ("- description\n", 1, "a mapping of fields is expected"),
    ],
)
def test_a_wrong_profile_is_refused_with_file_line_and_remedy(text: str, line: int, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_profile("mine", tmp_path)
    assert f"{path}:{line}: " in str(caught.value)
    assert cause in str(caught.value)


def test_a_profile_of_ones_own_wins_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "generic.yaml").write_text("description: mine\n")
    assert load_profile("generic", tmp_path).description == "mine"
    assert load_profile("baresip", tmp_path) == load_profile("baresip")


@pytest.mark.parametrize("name", ["nobody", "../generic", "README", "", "generic.yaml"])
def test_an_unknown_profile_names_those_there_are(name: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("description: mine\n")
    (tmp_path.parent / "generic.yaml").write_text("description: outside\n")
    with pytest.raises(ConfigError, match="no SIP profile") as caught:
        load_profile(name, tmp_path)
    assert "generic" in caught.value.remedy and "mine" in caught.value.remedy


def test_a_profiles_path_that_is_no_directory_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="profiles cannot be listed"):
        load_profile("nobody", tmp_path / "missing")


def test_the_profiles_of_a_configuration() -> None:
    config = Config(
        peers=[PeerConfig(name="a", networks=["192.0.2.0/24"], profile="ims-isc")],
        next_hops=[NextHopConfig(name="b", hosts=["b.example.org"])],
    )
    assert set(load_profiles(config)) == {"ims-isc", "generic"}
