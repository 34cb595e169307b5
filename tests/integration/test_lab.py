"""The phones without the service between them: when these fail, the lab is broken, not the product."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.avatar_calls import assert_voice_unbroken
from tests.support.baresip import Baresip
from tests.support.baresip_config import PhoneSettings
from tests.support.film import develop
from tests.support.ports import Loopback
from tests.support.requirement import require, require_capture
from tests.support.rtp_stream import RtpStream
from tests.support.sipp import Sipp, SippSettings
from tests.support.tone import frequency_of, read_wav
from tests.support.wire import Capture

pytestmark = pytest.mark.peers


def test_two_phones_see_and_hear_each_other(tmp_path: Path) -> None:
    require("baresip")
    require_capture()
    net = Loopback()
    capture = Capture(tmp_path / "wire.pcap", net.network)
    with Baresip(tmp_path, "alice", net) as alice, Baresip(tmp_path, "bob", net, PhoneSettings("ausine,900")) as bob:
        alice.dial(bob.uri)
        alice.wait("CALL_ESTABLISHED")
        bob.wait_video()
        alice.wait_video()
        alice.press("5")
        bob.process.wait_log("received DTMF: '5'|received event: '5'", 5)
        alice.hang_up()
        bob.wait("CALL_CLOSED")
    wire = capture.finish()
    sound, rate = read_wav(alice.recording())
    assert frequency_of(sound, rate) == pytest.approx(900, abs=10)
    film = develop(wire.video_to(bob.media_ports))
    assert film.findings.faults == []
    assert film.pictures[0].luma.shape == (512, 512)


def test_two_scripted_phones_speak(tmp_path: Path, sipp_media: Path) -> None:
    require("sipp")
    require_capture()
    net = Loopback()
    capture = Capture(tmp_path / "wire.pcap", net.network)
    with Sipp("callee_audio", tmp_path, net.host(), SippSettings(sipp_media)) as callee:
        settings = SippSettings(sipp_media, remote=callee.uri_host)
        with Sipp("caller_short", tmp_path, net.host(), settings) as caller:
            caller.expect_success()
            callee.expect_success()
    voice: RtpStream = capture.finish().voice_to(callee.host)
    assert_voice_unbroken(voice, voice)
