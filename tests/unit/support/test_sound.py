from __future__ import annotations

import numpy as np
import pytest

from tests.support.avsync import Onset, mouth_onsets, skews, voice_onsets
from tests.support.film import Picture
from tests.support.g711 import decode, encode
from tests.support.rtp_stream import RtpPacket, RtpStream
from tests.support.tone import frequency_of, share_of, silence, sweep, tone


@pytest.mark.parametrize("frequency", [300.0, 440.0, 1234.0, 3000.0])
def test_a_tone_is_found(frequency: float) -> None:
    sound = tone(frequency, 1.0, 8000)
    assert frequency_of(sound, 8000) == pytest.approx(frequency, abs=1)
    assert share_of(sound, 8000, frequency) > 0.95
    assert share_of(sound, 8000, frequency + 200) < 0.05


def test_silence_is_no_tone() -> None:
    with pytest.raises(AssertionError, match="silence"):
        frequency_of(silence(1.0, 8000), 8000)


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
def test_g711_there_and_back(codec: str) -> None:
    sound = sweep(300, 3400, 1.0, 8000)
    back = decode(encode(sound, codec), codec)
    noise = (back - sound.astype(np.float64)).std()
    assert 20 * np.log10(sound.std() / noise) > 30
    assert frequency_of(decode(encode(tone(700, 1, 8000), codec), codec), 8000) == pytest.approx(700, abs=1)


def test_silence_codes_of_g711() -> None:
    """ITU-T G.711 tables 1a and 2a: the smallest magnitudes."""
    assert decode(b"\xd5\x55", "PCMA").tolist() == [8, -8]
    assert decode(b"\xff\x7f", "PCMU").tolist() == [0, 0]


def voice_of(starts: list[float]) -> RtpStream:
    sound = silence(4.0, 8000)
    for start in starts:
        at = int(start * 8000)
        sound[at : at + 1600] = tone(500, 0.2, 8000)
    data = encode(sound, "PCMA")
    packets = [RtpPacket(n / 50, 8, n, n * 160, False, data[n * 160 : n * 160 + 160]) for n in range(200)]
    return RtpStream("a:1", "b:2", 1, packets)


def test_voice_onsets() -> None:
    found = voice_onsets(voice_of([0.5, 1.5, 2.5]))
    assert [onset.timestamp / 8000 for onset in found] == pytest.approx([0.5, 1.5, 2.5], abs=0.003)
    assert voice_onsets(voice_of([])) == []


def test_mouth_onsets_need_a_closed_mouth_first() -> None:
    openings = np.array([9.0, 9, 1, 3, 5, 6, 3, 5, 1, 5])
    pictures = [Picture(n / 25, n * 3600, False, np.zeros((3, 2), np.uint8)) for n in range(10)]
    assert mouth_onsets(pictures, openings, 2, 4) == [Onset(4 * 3600, 4 / 25), Onset(9 * 3600, 9 / 25)]


def test_skew_is_positive_when_the_sound_is_late() -> None:
    assert skews([1.1, 2.1], [1.0, 2.0]).tolist() == pytest.approx([0.1, 0.1])
    assert len(skews([1.0], [5.0])) == 0
    assert len(skews([], [5.0])) == 0
