from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from ims_avatar.errors import MediaError
from ims_avatar.flow import AUDIO_RATE, AudioChunk, NegotiatedAudio
from ims_avatar.media_in.capture_clock import CaptureClock
from ims_avatar.media_in.speech_tap import SpeechTap
from ims_avatar.rtp.codecs.table import AUDIO_CODECS
from ims_avatar.rtp.packet import RtpPacket
from tests.support.rtp_fixtures import packets
from tests.support.tone import frequency_of, tone

NOWHERE = ("127.0.0.1", 9)
PERIOD = 0.02


def negotiated(codec: str, payload_type: int = 0, rate: int = 8000, aligned: bool = False) -> NegotiatedAudio:
    fmtp = (("octet-align", "1"),) if aligned else ()
    return NegotiatedAudio(codec, payload_type, rate, 1, NOWHERE, NOWHERE, "sendrecv", fmtp, telephone_event=101)


def pcmu(count: int = 50, frequency: float = 440.0, start: int = 65_530) -> list[RtpPacket]:
    codec = AUDIO_CODECS["PCMU"]
    assert codec.encoder is not None
    encoder = codec.encoder()
    parts = tone(frequency, count * PERIOD, 8000).reshape(count, -1)
    return [
        RtpPacket(0, False, (start + i) & 0xFFFF, (0xFFFFFF00 + 160 * i) & 0xFFFFFFFF, 1, encoder.encode(part))
        for i, part in enumerate(parts)
    ]


def heard(
    stream: list[tuple[float, RtpPacket]], media: NegotiatedAudio | None = None, *, end: float = 100.0
) -> list[AudioChunk]:
    media = media or negotiated("PCMU")
    tap, clock = SpeechTap(media), CaptureClock(media.clock_rate)
    chunks = []
    for arrival, packet in stream:
        if packet.payload_type == media.payload_type:
            clock.observe(packet, arrival, tap.duration)
        chunks += tap.push(packet, arrival, clock)
    return chunks + tap.poll(end, clock)


def on_time(stream: list[RtpPacket]) -> list[tuple[float, RtpPacket]]:
    return [(10.0 + PERIOD * (index + 1), packet) for index, packet in enumerate(stream)]


def joined(chunks: list[AudioChunk]) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.concatenate([chunk.samples for chunk in chunks])


@pytest.mark.parametrize(
    ("recording", "media"),
    [
        ("pcmu", negotiated("PCMU")),
        ("g722", negotiated("G722", 9)),
        ("opus", negotiated("opus", 96, 48_000)),
        ("amr", negotiated("AMR", 96, 8000, aligned=True)),
        ("amr_wb", negotiated("AMR-WB", 96, 16_000, aligned=True)),
    ],
)
def test_recorded_sound_is_heard_with_touching_chunks(recording: str, media: NegotiatedAudio) -> None:
    chunks = heard(on_time(packets(recording)), media)
    assert frequency_of(joined(chunks)[1600:], AUDIO_RATE) == pytest.approx(440, abs=3)
    for before, after in itertools.pairwise(chunks):
        assert after.pts == pytest.approx(before.pts + len(before.samples) / AUDIO_RATE, abs=0.001)
    assert chunks[0].pts == pytest.approx(10.0, abs=0.001)


def test_a_click_stands_at_its_capture_instant() -> None:
    codec = AUDIO_CODECS["PCMU"]
    assert codec.encoder is not None
    sound = np.zeros(8000, np.int16)
    sound[4000:4040] = 20_000
    encoder = codec.encoder()
    stream = [replace(p, payload=encoder.encode(part)) for p, part in zip(pcmu(), sound.reshape(50, -1), strict=True)]
    chunks = heard(on_time(stream))
    loud = [
        chunk.pts + index / AUDIO_RATE for chunk in chunks for index in np.flatnonzero(np.abs(chunk.samples) > 10_000)
    ]
    assert loud[0] == pytest.approx(10.5, abs=0.001)
    assert loud[-1] == pytest.approx(10.505, abs=0.001)


def test_disorder_is_mended_without_a_gap() -> None:
    stream = on_time(pcmu())
    (early, one), (late, other) = stream[20], stream[21]
    stream[20], stream[21] = (early, other), (late, one)
    assert np.array_equal(joined(heard(stream)), joined(heard(on_time(pcmu()))))


def test_a_lost_packet_fades_and_the_time_line_stays() -> None:
    stream = on_time(pcmu())
    del stream[25]
    chunks = heard(stream)
    samples = joined(chunks)
    assert len(samples) == pytest.approx(50 * 320, abs=40)
    for before, after in itertools.pairwise(chunks):
        assert after.pts == pytest.approx(before.pts + len(before.samples) / AUDIO_RATE, abs=0.001)
    lost = samples[25 * 320 : 26 * 320].astype(float)
    assert 0 < np.sqrt((lost**2).mean()) < np.sqrt((samples[:3200].astype(float) ** 2).mean())


def test_a_long_gap_is_left_open() -> None:
    stream = on_time(pcmu())
    chunks = heard(stream[:20] + stream[40:])
    gaps = [after.pts - before.pts - len(before.samples) / AUDIO_RATE for before, after in itertools.pairwise(chunks)]
    assert max(gaps) == pytest.approx(0.4, abs=0.003)


def test_a_pause_without_loss_is_silence_and_not_concealed() -> None:
    stream = pcmu()
    quiet = [(t + 0.1, replace(p, timestamp=(p.timestamp + 800) & 0xFFFFFFFF)) for t, p in on_time(stream)[20:]]
    chunks = heard(on_time(stream)[:20] + quiet)
    assert len(joined(chunks)) == pytest.approx(50 * 320, abs=40)


def test_events_count_in_the_sequence_and_make_no_sound() -> None:
    stream = on_time(pcmu())
    for index in (10, 11, 12):
        stream[index] = (stream[index][0], replace(stream[index][1], payload_type=101, payload=bytes(4)))
    chunks = heard(stream)
    assert len(joined(chunks)) == pytest.approx(47 * 320, abs=40)


def test_a_payload_that_cannot_be_decoded_is_concealed_like_a_loss() -> None:
    media = negotiated("AMR", 96, 8000, aligned=True)
    stream = on_time(packets("amr"))
    stream[20] = (stream[20][0], replace(stream[20][1], payload=b"\xf0"))
    chunks = heard(stream, media)
    assert len(joined(chunks)) == pytest.approx(50 * 320, abs=40)


def test_what_waits_behind_a_gap_comes_when_nothing_follows() -> None:
    stream = on_time(pcmu(10))
    del stream[8]
    assert len(heard(stream, end=20.0)) == len(heard(stream, end=0.0)) + 2


def test_another_source_begins_anew() -> None:
    second = [replace(packet, ssrc=2, timestamp=(packet.timestamp + 12345) & 0xFFFFFFFF) for packet in pcmu(20, 880)]
    stream = on_time(pcmu(20) + second)
    chunks = heard(stream)
    assert chunks[-1].pts == pytest.approx(10.0 + 39 * PERIOD, abs=0.003)
    assert frequency_of(joined(chunks[22:]), AUDIO_RATE) == pytest.approx(880, abs=5)


def test_a_codec_without_decoder_is_refused_with_a_remedy() -> None:
    with pytest.raises(MediaError, match="sip profile"):
        SpeechTap(negotiated("EVS"))
