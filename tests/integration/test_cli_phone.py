"""`ims-avatar call` and `answer`, as scripts use them: by exit status and JSON, against the real service."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import av
import pytest

from tests.support.avatar_calls import Lab
from tests.support.cli_phone import COMMAND, ENVIRONMENT, SPEECH, Callee, call


def test_sound_picture_and_keys_through_the_service(lab: Lab, tmp_path: Path) -> None:
    wav, film = tmp_path / "heard.wav", tmp_path / "seen.mp4"
    expected = ("--expect-audio", "--expect-video", "--expect-digits", "42#", "--wav", str(wav), "--film", str(film))
    with Callee(tmp_path, lab.net.host(), *expected) as callee:
        status, caller = call(
            lab.net,
            lab.product,
            callee,
            "caller",
            "--play",
            str(SPEECH),
            "--seconds",
            "5",
            "--digits",
            "42#",
            "--expect-audio",
        )
        assert status == 0, caller
        callee_status, seen = callee.result()
    assert callee_status == 0, seen
    report = seen["calls"][0]
    assert report["picture"]["added_by"] == "re-INVITE" and report["picture"]["pictures_decoded"] >= 100
    assert report["sound"]["packets_lost"] == 0
    with wave.open(str(wav)) as sound:
        assert 4.5 < sound.getnframes() / sound.getframerate() < 5.5
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) == report["picture"]["pictures_decoded"]


@pytest.mark.parametrize("way", ["refuse", "488"])
def test_refused_video_leaves_the_voice(lab: Lab, tmp_path: Path, way: str) -> None:
    with Callee(tmp_path, lab.net.host(), "--video", way, "--expect-audio", "--expect-no-video") as callee:
        status, caller = call(lab.net, lab.product, callee, "caller", "--seconds", "3", "--expect-audio")
        callee_status, heard = callee.result()
    assert (status, callee_status) == (0, 0), (caller, heard)
    assert heard["calls"][0]["video_offers_refused"] >= 1 and heard["calls"][0]["picture"] is None


def test_who_offers_to_watch_sees_the_callee(lab: Lab, tmp_path: Path) -> None:
    with Callee(tmp_path, lab.net.host(), "--play", str(SPEECH)) as callee:
        status, caller = call(
            lab.net, lab.product, callee, "callee", "--offer-video", "--seconds", "3", "--expect-video"
        )
    assert status == 0, caller
    assert caller["calls"][0]["picture"]["added_by"] == "offer"


def test_a_call_that_is_refused_is_status_1(lab: Lab, tmp_path: Path) -> None:
    with Callee(tmp_path, lab.net.host(), "--reject", "486") as callee:
        status, caller = call(lab.net, lab.product, callee, "bob", "--seconds", "3")
    assert status == 1
    assert caller["calls"][0]["status"] == 486 and "status 486" in caller["unmet"][0]


def test_nobody_answers_in_time(lab: Lab, tmp_path: Path) -> None:
    with Callee(tmp_path, lab.net.host(), "--answer-after", "30") as callee:
        status, caller = call(lab.net, lab.product, callee, "bob", "--ring", "1.5")
        assert (status, caller["calls"][0]["status"]) == (1, 487)
        assert callee.result()[0] == 1


def test_what_was_expected_and_did_not_come_is_status_1(lab: Lab, tmp_path: Path) -> None:
    with Callee(tmp_path, lab.net.host(), "--tone", "0") as callee:
        status, caller = call(lab.net, lab.product, callee, "bob", "--seconds", "2", "--expect-audio", "--expect-video")
    assert status == 1
    assert caller["unmet"] == ["no sound was heard", "no picture was decoded"]


def test_two_phones_without_the_service(lab: Lab, tmp_path: Path) -> None:
    with Callee(tmp_path, lab.net.host(), "--codec", "G722", "--expect-audio") as callee:
        status, caller = call(
            lab.net, None, callee, "bob", "--codec", "G722", "--codec", "PCMU", "--seconds", "2", "--expect-audio"
        )
        assert status == 0 and callee.result()[0] == 0
    assert caller["calls"][0]["sound"]["codec"] == "G722"


def test_a_full_disk_is_said_and_the_call_is_not_harmed(lab: Lab, tmp_path: Path) -> None:
    full = tmp_path / "full.wav"
    full.symlink_to("/dev/full")
    with Callee(tmp_path, lab.net.host()) as callee:
        argv = [*COMMAND, "call", f"sip:bob@{callee.host}:{callee.port}", "--address", lab.net.host()]
        argv += ["--seconds", "2", "--expect-audio", "--wav", str(full)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=False)
    assert done.returncode == 0
    assert "No space left on device" in done.stderr and "Remedy" in done.stderr and "Traceback" not in done.stderr


def test_a_port_in_use_is_named(lab: Lab, tmp_path: Path) -> None:
    with Callee(tmp_path, lab.net.host()) as callee:
        argv = [*COMMAND, "answer", "--address", callee.host, "--port", str(callee.port)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=False)
    assert done.returncode == 1
    assert str(callee.port) in done.stderr and "Remedy" in done.stderr and "Traceback" not in done.stderr
