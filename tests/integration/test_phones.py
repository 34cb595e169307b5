"""Two baresip phones and the service between them: the main job, judged on the wire and on the phone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.avatar_calls import Lab
from tests.support.avatar_picture import luma_of_png, shipped
from tests.support.avsync import mouth_onsets, skews_by_arrival, skews_by_rtcp, voice_onsets
from tests.support.baresip import Baresip
from tests.support.baresip_config import PhoneSettings
from tests.support.film import Film, develop
from tests.support.process import wait_until
from tests.support.report import measured, milliseconds
from tests.support.requirement import require, require_capture
from tests.support.rtp_stream import RtpStream, relay_delays
from tests.support.speech import syllables
from tests.support.tone import frequency_of, read_wav, share_of, write_wav
from tests.support.wire import Capture, Wire

pytestmark = pytest.mark.peers
SYLLABLES = [0.5 + 1.203 * number for number in range(10)]
"""Seconds into the call at which the speaking side says "ah"; no multiple of a packet, so that no two are the same."""
SAME_PERSON = 0.97
CLOSED, OPEN = 4.0, 7.0
"""Mean change of the mouth's luma: below the one it rests, above the other it speaks."""


@pytest.fixture(autouse=True)
def peers() -> None:
    require("baresip", "espeak-ng")
    require_capture()


@dataclass(frozen=True)
class Conversation:
    """A call that is over."""

    alice: Baresip
    bob: Baresip
    wire: Wire

    def film_for(self, phone: Baresip) -> Film:
        return develop(self.wire.video_to(phone.media_ports))

    def voice_to(self, phone: Baresip) -> RtpStream:
        return self.wire.voice_to(phone.media_ports)

    def voice_from(self, phone: Baresip) -> RtpStream:
        return self.wire.voice_from(phone.media_ports)


def converse(
    lab: Lab,
    folder: Path,
    called: str,
    alice: PhoneSettings,
    bob: PhoneSettings,
    viewers: str,
    digits: str = "",
    seconds: float = 8.0,
) -> Conversation:
    """Alice calls `called`, Bob's user. Each of `viewers` must decode a picture of Clara on the phone itself."""
    capture = Capture(folder / "wire.pcap", lab.net.network)
    with Baresip(folder, "alice", lab.net, alice) as one, Baresip(folder, called, lab.net, bob) as other:
        one.dial(other.uri)
        one.wait("CALL_ESTABLISHED")
        end = time.monotonic() + seconds
        for phone in [phone for phone, name in ((one, "alice"), (other, "bob")) if name in viewers]:
            assert shipped().likeness(luma_of_png(phone.wait_video())) > SAME_PERSON
        one.press(digits)
        other.press(digits[::-1])
        wait_until(lambda: time.monotonic() > end, seconds + 10, "")
        one.hang_up()
        other.wait("CALL_CLOSED")
        return Conversation(one, other, capture.finish())


def speaks(
    folder: Path, lab: Lab, name: str, video: bool = False, codec: str = "PCMA", rate: int = 8000
) -> PhoneSettings:
    """A phone whose owner says "ah" again and again; `rate` is the codec's sampling rate."""
    path = write_wav(folder / f"{name}.wav", np.repeat(syllables(SYLLABLES, 30), rate // 8000), rate)
    return PhoneSettings(audio=f"aufile,{path}", outbound=lab.product.sip, video=video, audio_codecs=codec)


def hums(lab: Lab, frequency: int, video: bool = False, codec: str = "PCMA") -> PhoneSettings:
    return PhoneSettings(audio=f"ausine,{frequency}", outbound=lab.product.sip, video=video, audio_codecs=codec)


def assert_heard(phone: Baresip, frequency: float) -> None:
    """What the phone played to its owner is that tone."""
    sound, rate = read_wav(phone.recording())
    assert frequency_of(sound[rate:], rate) == pytest.approx(frequency, abs=5)
    assert share_of(sound[rate:], rate, frequency) > 0.9


def assert_clara(film: Film) -> NDArray[np.float64]:
    """A faultless film of her; the opening of her mouth in each picture."""
    assert film.findings.faults == []
    assert len(film.pictures) > 50
    assert film.pictures[0].keyframe
    assert min(shipped().likeness(picture.luma) for picture in film.pictures) > SAME_PERSON
    return shipped().openings([picture.luma for picture in film.pictures])


def report_lips(conversation: Conversation, viewer: Baresip, film: Film, openings: NDArray[np.float64]) -> None:
    """The mouth opens for every syllable and closes between them; how far apart the two arrive is shown."""
    stream = conversation.voice_to(viewer)
    voice = voice_onsets(stream)
    lips = mouth_onsets(film.pictures, openings, CLOSED, OPEN)
    by_arrival = skews_by_arrival(voice, lips)
    assert len(voice) >= 5
    assert len(by_arrival) >= len(voice) - 2, f"{len(voice)} syllables, the mouth opened {len(lips)} times"
    measured("lips behind voice by arrival", milliseconds(-by_arrival))
    reports = conversation.wire.sender_reports
    video_ssrc = conversation.wire.video_to(viewer.media_ports).ssrc
    assert reports[stream.ssrc] and reports[video_ssrc], "no sender reports"
    by_rtcp = skews_by_rtcp(voice, lips, reports[stream.ssrc], reports[video_ssrc])
    measured("lips behind voice by RTCP", milliseconds(-by_rtcp))
    assert abs(float(np.median(by_rtcp))) < 0.125
    names = conversation.wire.canonical_names
    assert names[stream.ssrc] == names[video_ssrc], "sound and picture must share one CNAME (RFC 3550 6.5.1)"


def test_callee_sees_the_caller_speak(lab: Lab, tmp_path: Path) -> None:
    alice = speaks(tmp_path, lab, "alice")
    call = converse(lab, tmp_path, "caller-bob", alice, hums(lab, 700, video=True), viewers="bob")
    assert_heard(call.alice, 700)
    forth = relay_delays(call.voice_from(call.alice), call.voice_to(call.bob))
    measured("added delay of sound towards the viewer", milliseconds(forth))
    film = call.film_for(call.bob)
    report_lips(call, call.bob, film, assert_clara(film))
    measured("frame rate of one avatar", f"{call.wire.video_to(call.bob.media_ports).frame_rate():.1f}")


def test_caller_sees_the_callee_speak(lab: Lab, tmp_path: Path) -> None:
    bob = speaks(tmp_path, lab, "bob")
    call = converse(lab, tmp_path, "callee-bob", hums(lab, 600, video=True), bob, viewers="alice")
    assert_heard(call.bob, 600)
    film = call.film_for(call.alice)
    report_lips(call, call.alice, film, assert_clara(film))
    assert [stream for stream in call.wire.received_by(call.bob.media_ports) if stream.is_video] == []


def test_each_sees_the_other(lab: Lab, tmp_path: Path) -> None:
    """Alice speaks, Bob is silent: the lips that Bob sees move, those that Alice sees rest."""
    silent = write_wav(tmp_path / "silence.wav", syllables([], 30), 8000)
    bob = PhoneSettings(audio=f"aufile,{silent}", outbound=lab.product.sip)
    alice = speaks(tmp_path, lab, "alice", video=True)
    call = converse(lab, tmp_path, "both-bob", alice, bob, viewers="alice bob")
    seen_by_bob = assert_clara(call.film_for(call.bob))
    seen_by_alice = assert_clara(call.film_for(call.alice))
    assert seen_by_bob.max() > OPEN
    assert seen_by_alice.max() < CLOSED


def test_digits_reach_the_other_side(lab: Lab, tmp_path: Path) -> None:
    call = converse(
        lab, tmp_path, "caller-bob", hums(lab, 600), hums(lab, 700, video=True), viewers="bob", digits="159"
    )
    assert call.voice_to(call.bob).events() == [1, 5, 9]
    assert call.voice_to(call.alice).events() == [9, 5, 1]
    assert_heard(call.alice, 700)
    assert_heard(call.bob, 600)


@pytest.mark.parametrize(
    ("codec", "rate"),
    [
        ("opus/48000/2", 48_000),
        ("G722/16000/1", 16_000),
        ("AMR/8000/1", 8000),
        ("AMR-WB/16000/1", 16_000),
        ("PCMU", 8000),
    ],
)
def test_every_codec_passes_and_moves_the_lips(lab: Lab, tmp_path: Path, codec: str, rate: int) -> None:
    alice, bob = speaks(tmp_path, lab, "alice", codec=codec, rate=rate), hums(lab, 700, video=True, codec=codec)
    call = converse(lab, tmp_path, "caller-bob", alice, bob, viewers="bob", seconds=5.0)
    assert_heard(call.alice, 700)
    openings = assert_clara(call.film_for(call.bob))
    assert openings.max() > OPEN
    assert openings.min() < CLOSED
