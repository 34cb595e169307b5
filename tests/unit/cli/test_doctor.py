from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ims_avatar.cli.doctor.avatars import check_avatars
from ims_avatar.cli.doctor.codecs import check_codecs
from ims_avatar.cli.doctor.engines import check_engines, check_extras
from ims_avatar.cli.doctor.finding import Finding
from ims_avatar.cli.doctor.ports import check_address, check_ports
from ims_avatar.cli.doctor.sip_stack import judge
from ims_avatar.cli.main import app
from ims_avatar.config import Config
from ims_avatar.signalling.stack_facts import StackFacts

WHEEL = StackFacts("2.15.1", 4, False, 4000, True, "1.0.2k")
OWN_BUILD = StackFacts("2.15.1", 512, True, 16000, True, "3.5.4")


def _states(findings: list[Finding]) -> dict[str, str]:
    return {finding.subject: finding.state for finding in findings}


def test_the_wheel_of_pypi_limits_calls_messages_ipv6_and_tls() -> None:
    findings = list(judge(WHEEL, workers=4))
    assert _states(findings) == {
        "SIP stack": "ok",
        "calls": "limit",
        "message size": "limit",
        "IPv6": "limit",
        "TLS": "limit",
    }
    assert "2 calls a worker, 8 with sip.workers 4" in findings[1].found


def test_an_own_build_limits_nothing() -> None:
    assert set(_states(list(judge(OWN_BUILD, workers=4))).values()) == {"ok"}


def test_a_stack_for_one_leg_cannot_carry_a_call() -> None:
    assert _states(list(judge(StackFacts("2.15.1", 1, True, 16000, True, "3"), 4)))["calls"] == "problem"


def test_every_limit_and_problem_names_what_it_limits_and_a_remedy() -> None:
    findings = [*judge(WHEEL, 4), *check_codecs(lambda name, mode: False), *check_address(Config())]
    assert all(finding.limits and finding.remedy for finding in findings if finding.state != "ok")


def test_without_libx264_there_is_no_avatar() -> None:
    assert _states(list(check_codecs(lambda name, mode: name != "libx264")))["H.264 encoder"] == "problem"


def test_a_missing_voice_decoder_is_named_as_rtp_names_it() -> None:
    findings = list(check_codecs(lambda name, mode: name != "amrwb"))
    voice = next(finding for finding in findings if finding.subject == "voice decoders")
    assert voice.state == "limit" and "calls in AMR-WB get no moving lips" in voice.limits


def test_this_installation_encodes_and_infers() -> None:
    states = _states([*check_codecs(), *check_engines()])
    assert (states["H.264 encoder"], states["voice decoders"], states["ONNX Runtime"]) == ("ok", "ok", "ok")


def test_a_broken_avatar_and_a_missing_default_are_problems(tmp_path: Path) -> None:
    folder = tmp_path / "bob" / "1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    avatars = {"paths": [str(tmp_path)], "default": "nobody-has-this"}
    states = _states(list(check_avatars(Config.model_validate({"avatars": avatars}, strict=False))))
    assert (states["avatar bob"], states["default avatar"]) == ("problem", "problem")


def test_a_port_in_use_is_a_problem() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        config = Config.model_validate({"sip": {"port": port}})
        assert _states(list(check_ports(config)))["SIP port"] == "problem"


def test_missing_face_models_are_a_limit_with_the_command_that_brings_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMS_AVATAR_FACE_MODELS", str(tmp_path))
    finding = next(finding for finding in check_extras() if finding.subject == "face models")
    assert finding.state == "limit" and "mediapipe" in finding.remedy
    for name in ("face_detection_short_range.tflite", "face_landmark_with_attention.tflite"):
        (tmp_path / name).touch()
    finding = next(finding for finding in check_extras() if finding.subject == "face models")
    assert finding.state == "ok" and finding.found == f"in {tmp_path}"


def test_the_command_speaks_json_and_its_status_follows_the_problems() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    findings = json.loads(result.stdout)
    assert result.exit_code == int(any(finding["state"] == "problem" for finding in findings))
    assert {"SIP stack", "H.264 encoder", "ONNX Runtime"} <= {finding["subject"] for finding in findings}
