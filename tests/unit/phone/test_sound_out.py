from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.errors import ConfigError
from ims_avatar.flow import NegotiatedAudio
from ims_avatar.media_out.outgoing_stream import OutgoingStream
from ims_avatar.phone.key_presses import KeyPresses
from ims_avatar.phone.sound_out import SoundSender, check_digits
from ims_avatar.phone.sound_source import SoundSource, tone
from ims_avatar.rtp.codecs.table import find_codec
from ims_avatar.rtp.packet import RtpPacket, parse_rtp

FAR = ("127.0.0.1", 4000)


def _sender(
    *, codec: str = "PCMU", seconds: float = 1.0, events: int | None = 101
) -> tuple[SoundSender, OutgoingStream]:
    found = find_codec(codec)
    assert found is not None and found.encoder is not None
    negotiated = NegotiatedAudio(codec, 0, found.clock_rate, 1, FAR, FAR, "sendrecv", telephone_event=events)
    stream = OutgoingStream(found.clock_rate)
    source = SoundSource(tone(440, found.sampling_rate, seconds), loop=False)
    return SoundSender(stream, negotiated, found, found.encoder(), source, start=100.0), stream


def _packets(sender: SoundSender, count: int) -> list[RtpPacket]:
    return [parse_rtp(data) for _ in range(count) for data in sender.packet(sender.due)]


def test_packets_are_due_every_20_ms_after_their_sound_was_captured() -> None:
    sender, _ = _sender()
    assert sender.due == pytest.approx(100.02)
    packets = _packets(sender, 3)
    assert sender.due == pytest.approx(100.08)
    assert [(p.timestamp - packets[0].timestamp) & 0xFFFFFFFF for p in packets] == [0, 160, 320]
    assert [(p.sequence_number - packets[0].sequence_number) & 0xFFFF for p in packets] == [0, 1, 2]
    assert [p.marker for p in packets] == [True, False, False]
    assert {len(p.payload) for p in packets} == {160}


def test_g722_counts_8000_and_samples_16000() -> None:
    packets = _packets(_sender(codec="G722")[0], 2)
    assert packets[1].timestamp - packets[0].timestamp == 160 and len(packets[0].payload) == 160


def test_sender_reports_place_the_first_sample_at_the_start() -> None:
    sender, stream = _sender()
    first = _packets(sender, 1)[0]
    assert stream.timeline is not None
    assert stream.timeline.timestamp_at(100.0) == first.timestamp
    assert stream.timeline.timestamp_at(100.5) == (first.timestamp + 4000) & 0xFFFFFFFF


def test_keys_are_heard_by_the_far_end_and_the_clock_goes_on() -> None:
    sender, _ = _sender()
    before = _packets(sender, 1)[0]
    sender.dial("4#")
    packets = _packets(sender, 30)
    keys = KeyPresses()
    events = [packet for packet in packets if packet.payload_type == 101]
    for packet in events:
        keys.push(packet)
    assert keys.digits == sender.digits_sent == "4#"
    assert sum(packet.marker for packet in events) == 2
    assert len({packet.timestamp for packet in events}) == 2
    voice = [packet for packet in packets if packet.payload_type == 0]
    assert voice[-1].timestamp == (before.timestamp + 30 * 160) & 0xFFFFFFFF


def test_a_lost_or_repeated_key_packet_changes_nothing() -> None:
    sender, _ = _sender()
    sender.dial("7")
    events = [packet for packet in _packets(sender, 10) if packet.payload_type == 101]
    keys = KeyPresses()
    for packet in [events[2], events[2], *events[4:], events[1]]:
        keys.push(packet)
    assert keys.digits == "7"


def test_a_broken_key_packet_is_passed_over() -> None:
    keys = KeyPresses()
    keys.push(RtpPacket(101, True, 1, 1, 1, b"\x05"))
    assert keys.digits == ""


def test_without_telephone_event_no_key_is_sent() -> None:
    sender, _ = _sender(events=None)
    sender.dial("1")
    assert {packet.payload_type for packet in _packets(sender, 20)} == {0} and not sender.digits_sent


def test_it_is_finished_when_all_was_said_and_dialled() -> None:
    sender, _ = _sender(seconds=0.1)
    _packets(sender, 5)
    assert sender.finished
    sender.dial("1")
    assert not sender.finished
    _packets(sender, 10)
    assert sender.finished


def test_digits_are_checked() -> None:
    assert check_digits("12a#") == "12A#"
    with pytest.raises(ConfigError, match="no DTMF digit: X"):
        check_digits("1x")


def test_the_encoded_sound_is_the_file() -> None:
    found = find_codec("PCMU")
    assert found is not None and found.decoder is not None
    sender, _ = _sender()
    decoder = found.decoder(NegotiatedAudio("PCMU", 0, 8000, 1, FAR, FAR, "sendrecv"))
    heard = np.concatenate([decoder.decode(packet.payload) for packet in _packets(sender, 20)])
    spectrum = np.abs(np.fft.rfft(heard[800:4800]))
    assert np.argmax(spectrum) * 16000 / 4000 == pytest.approx(440, abs=4)
