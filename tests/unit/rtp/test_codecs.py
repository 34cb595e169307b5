from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import BadPacket, MediaError
from ims_avatar.flow import AUDIO_RATE, NegotiatedAudio
from ims_avatar.rtp.codecs import amr
from ims_avatar.rtp.codecs.codec import AvDecoder, SpeechDecoder
from ims_avatar.rtp.codecs.table import AUDIO_CODECS, find_codec
from tests.support.amr import bandwidth_efficient
from tests.support.rtp_fixtures import datagram, packets
from tests.support.tone import frequency_of, tone

ALIGNED = (("octet-align", "1"),)
NOWHERE = ("127.0.0.1", 9)


def decoder(name: str, fmtp: tuple[tuple[str, str], ...] = ()) -> SpeechDecoder:
    codec = find_codec(name)
    assert codec is not None
    assert codec.decoder is not None
    return codec.decoder(NegotiatedAudio(name, 96, codec.clock_rate, 1, NOWHERE, NOWHERE, "sendrecv", fmtp))


@pytest.mark.parametrize(
    ("name", "recording", "fmtp"),
    [
        ("PCMU", "pcmu", ()),
        ("G722", "g722", ()),
        ("opus", "opus", ()),
        ("AMR", "amr", ALIGNED),
        ("AMR-WB", "amr_wb", ALIGNED),
    ],
)
def test_the_sine_that_baresip_sent_is_heard(name: str, recording: str, fmtp: tuple[tuple[str, str], ...]) -> None:
    heard = decoder(name, fmtp)
    stream = packets(recording)
    samples = np.concatenate([heard.decode(packet.payload) for packet in stream])
    assert samples.dtype == np.int16
    assert len(samples) + heard.pending == pytest.approx(len(stream) * AUDIO_RATE // 50, abs=2)
    assert frequency_of(samples[3200:], AUDIO_RATE) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("name", ["PCMU", "PCMA", "G722", "OPUS"])
def test_what_is_encoded_here_is_decoded_here(name: str) -> None:
    codec = AUDIO_CODECS[name]
    assert codec.encoder is not None
    encoder, heard = codec.encoder(), decoder(name)
    sound = tone(1000, 1.0, codec.sampling_rate).reshape(50, -1)
    samples = np.concatenate([heard.decode(encoder.encode(part)) for part in sound])
    assert frequency_of(samples[3200:], AUDIO_RATE) == pytest.approx(1000, abs=3)


@pytest.mark.parametrize(("name", "bits"), [("amr", amr.AMR_BITS), ("amr_wb", amr.AMR_WB_BITS)])
def test_both_payload_formats_of_amr_hold_the_same_frames(name: str, bits: tuple[int, ...]) -> None:
    for packet in packets(name):
        frames = amr.unpack_octet_aligned(packet.payload, bits)
        assert amr.unpack_bandwidth_efficient(bandwidth_efficient(frames, bits), bits) == frames


def test_bandwidth_efficient_amr_is_heard() -> None:
    heard = decoder("AMR-WB")
    payloads = [
        bandwidth_efficient(amr.unpack_octet_aligned(packet.payload, amr.AMR_WB_BITS), amr.AMR_WB_BITS)
        for packet in packets("amr_wb")
    ]
    samples = np.concatenate([heard.decode(payload) for payload in payloads])
    assert frequency_of(samples[3200:], AUDIO_RATE) == pytest.approx(440, abs=3)


def test_the_example_of_the_rfc() -> None:
    """RFC 4867 4.3.5.1: one frame of AMR 7.4 kbit/s (type 4) of good quality; here its first and last bit are set."""
    bits = "1111" + "0" + "0100" + "1" + "1" + "0" * 146 + "1" + "00"
    payload = int(bits, 2).to_bytes(20, "big")
    (frame,) = amr.unpack_bandwidth_efficient(payload, amr.AMR_BITS)
    assert frame == bytes([4 << 3 | 4]) + (((1 << 147) | 1) << 4).to_bytes(19, "big")


def test_several_frames_of_one_packet() -> None:
    single = [amr.unpack_octet_aligned(packet.payload, amr.AMR_BITS)[0] for packet in packets("amr")[:3]]
    heads = bytes([single[0][0] | 0x80, single[1][0] | 0x80, single[2][0]])
    together = b"\xf0" + heads + b"".join(frame[1:] for frame in single)
    assert amr.unpack_octet_aligned(together, amr.AMR_BITS) == single
    assert len(decoder("AMR", ALIGNED).decode(together)) in range(900, 961)


def test_frames_without_speech_are_silence_and_no_error() -> None:
    no_data = bytes([0xF0, amr.NO_DATA << 3 | 4])
    assert len(decoder("AMR", ALIGNED).decode(no_data)) == 0
    comfort_noise = bytes([0xF0, 8 << 3 | 4]) + bytes(5)
    decoder("AMR", ALIGNED).decode(comfort_noise)


@pytest.mark.parametrize(("name", "recording"), [("AMR", "amr"), ("AMR-WB", "amr_wb")])
def test_a_broken_payload_is_refused_and_the_next_is_heard(name: str, recording: str) -> None:
    heard = decoder(name, ALIGNED)
    with pytest.raises(BadPacket):
        heard.decode(datagram(f"{recording}_payload_broken"))
    assert len(heard.decode(datagram(f"{recording}_payload"))) > 0


@pytest.mark.parametrize("payload", [b"", b"\xf0", b"\xf0" + bytes([9 << 3]), b"\xf0" + b"\x84" * 20])
def test_amr_contents_that_lie_are_refused(payload: bytes) -> None:
    with pytest.raises(BadPacket):
        amr.unpack_octet_aligned(payload, amr.AMR_BITS)


@given(st.binary(max_size=80), st.sampled_from([amr.AMR_BITS, amr.AMR_WB_BITS]))
def test_unpacking_raises_nothing_but_its_error(payload: bytes, bits: tuple[int, ...]) -> None:
    for unpack in (amr.unpack_octet_aligned, amr.unpack_bandwidth_efficient):
        try:
            unpack(payload, bits)
        except BadPacket:
            continue


@pytest.mark.parametrize("name", sorted(AUDIO_CODECS))
@pytest.mark.parametrize("seed", range(3))
def test_decoding_noise_raises_nothing_but_its_error(name: str, seed: int) -> None:
    heard, chance = decoder(name, ALIGNED), np.random.default_rng(seed)
    for _ in range(50):
        try:
            heard.decode(chance.bytes(int(chance.integers(0, 200))))
        except BadPacket:
            continue


@pytest.mark.parametrize("parameter", ["crc", "robust-sorting", "interleaving"])
def test_amr_structures_that_nobody_uses_are_relayed_only(parameter: str) -> None:
    with pytest.raises(MediaError, match=parameter):
        decoder("AMR", ((parameter, "1"),))


def test_codecs_without_decoder_are_not_in_the_table() -> None:
    assert find_codec("EVS") is None
    assert find_codec("pcmu") is AUDIO_CODECS["PCMU"]


def test_a_missing_decoder_is_told_with_its_remedy() -> None:
    with pytest.raises(MediaError, match="pip install av"):
        AvDecoder(("no_such_codec",), 8000)
