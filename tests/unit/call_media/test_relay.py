"""The voice through `CallMedia`: two bare sockets on each side, virtual time."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import numpy as np
import pytest

from ims_avatar.config import MediaConfig
from ims_avatar.flow import NegotiatedMedia
from ims_avatar.media_in.speech_tap import open_decoder
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.reports import ReceiverReport, ReportBlock, SenderReport, SourceDescription
from tests.support.call_bench import CallBench, numbers, voice
from tests.support.media_peer import MediaPeer
from tests.support.rtp_fixtures import packets
from tests.support.tone import frequency_of
from tests.support.virtual_time import run_virtual


def steps(values: list[int], bits: int) -> list[int]:
    return [(after - before) % (1 << bits) for before, after in itertools.pairwise(values)]


def test_both_directions_arrive_untouched_under_our_ssrc() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            await asyncio.gather(bench.play("caller", voice(50)), bench.play("callee", voice(50, ssrc=0x2222)))
            for side in ("caller", "callee"):
                packets = bench.peers[side].packets
                assert numbers(packets) == list(range(50))
                assert [packet.payload for packet in packets] == [packet.payload for packet in voice(50)]
                assert len({packet.ssrc for packet in packets}) == 1
                assert packets[0].ssrc not in (0x1111, 0x2222)
                assert steps([packet.sequence_number for packet in packets], 16) == [1] * 49
                assert steps([packet.timestamp for packet in packets], 32) == [160] * 49
            assert bench.peers["caller"].packets[0].ssrc != bench.peers["callee"].packets[0].ssrc

    run_virtual(work())


def test_a_payload_type_is_translated_and_an_unknown_one_dropped_and_counted() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            amr = bench.audio("callee", "AMR", 97)
            bench.apply(bench.audio("caller", "amr", 96), replace(amr, telephone_event=111))
            packets = [replace(packet, payload_type=96) for packet in voice(3)]
            packets[1] = replace(packets[1], payload_type=18)
            event = RtpPacket(101, True, 103, 6000, 0x1111, bytes([5, 0x0A, 0, 160]))
            await bench.play("caller", [*packets, event])
            assert [packet.payload_type for packet in bench.peers["callee"].packets] == [97, 97, 111]
            assert bench.peers["callee"].packets[-1].payload == event.payload
            statistics = bench.media.statistics()
            assert statistics.caller.audio.dropped == {"unknown_payload_type": 1}
            assert statistics.callee.audio.sent == 3
            assert bench.heard.digits == ["caller"]

    run_virtual(work())


def test_each_leg_keeps_its_own_payload_types() -> None:
    """The callee answered 107, 101 and 97 where we had offered 116, 100 and 13 (RFC 3264 5.1): it may send under our
    numbers or its own, and gets its own; where a number means two things, ours counts."""

    async def work() -> None:
        async with CallBench() as bench:
            caller = replace(bench.audio("caller", "AMR-WB", 116, 16_000), telephone_event=100, comfort_noise=13)
            callee = replace(
                bench.audio("callee", "AMR-WB", 107, 16_000),
                telephone_event=101, comfort_noise=116, also_received=((116, 107), (100, 101), (13, 116)),
            )  # fmt: skip
            bench.apply(caller, callee)

            def sent(*types: int) -> list[RtpPacket]:
                event = bytes([5, 0x0A, 0, 160])
                return [
                    replace(packet, payload_type=number, payload=event)
                    for packet, number in zip(voice(len(types)), types, strict=True)
                ]

            await bench.play("caller", sent(116, 100, 13))
            assert [packet.payload_type for packet in bench.peers["callee"].packets] == [107, 101, 116]
            await bench.play("callee", sent(107, 101, 116, 100, 13))
            assert [packet.payload_type for packet in bench.peers["caller"].packets] == [116, 100, 116, 100, 13]
            assert bench.media.statistics().callee.audio.dropped == {}
            assert bench.heard.digits.count("callee") >= 1

    run_virtual(work())


def test_comfort_noise_is_dropped_towards_a_leg_that_has_none() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply(replace(bench.audio("caller"), comfort_noise=13), bench.audio("callee"))
            packets = voice(3)
            packets[1] = replace(packets[1], payload_type=13, payload=b"\x40")
            await bench.play("caller", packets)
            assert numbers(bench.peers["callee"].packets) == [0, 2]
            assert bench.media.statistics().caller.audio.dropped == {"no_common_codec": 1}

    run_virtual(work())


@pytest.mark.parametrize(
    ("name", "payload_type", "rate", "recording"),
    [
        ("PCMU", 0, 8000, "pcmu"),
        ("G722", 9, 8000, "g722"),
        ("opus", 96, 48_000, "opus"),
        ("AMR", 96, 8000, "amr"),
        ("AMR-WB", 96, 16_000, "amr_wb"),
    ],
)
def test_the_tone_of_each_codec_is_found_at_the_far_end(
    name: str, payload_type: int, rate: int, recording: str
) -> None:
    async def work() -> None:
        async with CallBench() as bench:
            aligned = (("octet-align", "1"),)
            bench.apply(
                replace(bench.audio("caller", name, payload_type, rate), fmtp=aligned),
                replace(bench.audio("callee", name, 120, rate), fmtp=aligned),
            )
            await bench.play("caller", packets(recording))
            arrived = bench.peers["callee"].packets
            assert {packet.payload_type for packet in arrived} == {120}
            decoder = open_decoder(replace(bench.audio("callee", name, 120, rate), fmtp=aligned))
            sound = np.concatenate([decoder.decode(packet.payload) for packet in arrived])
            assert frequency_of(sound[3200:], 16_000) == pytest.approx(440, abs=3)

    run_virtual(work())


def test_keys_of_a_phone_arrive_as_they_were_pressed() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            pressed = packets("telephone_event")
            await bench.play("caller", pressed)
            arrived = bench.peers["callee"].packets
            assert [(p.payload_type, p.payload) for p in arrived] == [(p.payload_type, p.payload) for p in pressed]
            assert [p.marker for p in arrived[1:]] == [p.marker for p in pressed[1:]]
            assert bench.heard.digits == ["caller", "caller"]

    run_virtual(work())


def test_reports_go_to_the_rtp_port_where_that_was_negotiated() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            muxed = bench.audio("callee")
            bench.apply(callee=replace(muxed, remote_rtcp=muxed.remote_rtp))
            await bench.play("caller", voice(20))
            peer = bench.peers["callee"]
            assert any(isinstance(packet, SenderReport) for _, packet in peer.muxed_rtcp)
            assert peer.rtcp_received == []
            ours = peer.packets[0].ssrc
            report = ReceiverReport(9, (ReportBlock(ours, 0, 3, 0, 0),))
            peer.send(bytes(report), bench.media.callee.audio_port)
            await asyncio.sleep(0.01)
            assert bench.media.statistics().callee.audio.remote_lost == 3

    run_virtual(work())


def test_the_round_trip_is_measured() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            await bench.play("caller", voice(20))
            peer = bench.peers["callee"]
            when, sent = next((t, p) for t, p in peer.rtcp_received if isinstance(p, SenderReport))
            await asyncio.sleep(1.0)
            held = asyncio.get_running_loop().time() - when - 0.080
            block = ReportBlock(sent.ssrc, 0, 0, 0, 0, sent.ntp >> 16 & 0xFFFFFFFF, round(held * 65_536))
            peer.send_rtcp(bytes(ReceiverReport(9, (block,))), bench.media.callee.audio_port)
            await asyncio.sleep(0.01)
            assert bench.media.statistics().callee.audio.round_trip_ms == pytest.approx(80, abs=1)

    run_virtual(work())


def test_codecs_that_differ_are_not_mixed_up() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply(callee=bench.audio("callee", "PCMA", 8))
            await bench.play("caller", voice(2))
            assert bench.peers["callee"].packets == []
            assert bench.media.statistics().caller.audio.dropped == {"no_common_codec": 2}

    run_virtual(work())


def test_a_stranger_is_dropped_and_counted_and_the_voice_goes_on() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            stranger = MediaPeer()
            await bench.play("caller", voice(5))
            for packet in voice(40, ssrc=0x9999):
                stranger.send(bytes(packet), bench.media.caller.audio_port)
            await bench.play("caller", voice(5, start=105, timestamp=5800))
            stranger.close()
            assert numbers(bench.peers["callee"].packets) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
            assert bench.media.statistics().caller.audio.dropped == {"wrong_source": 40}

    run_virtual(work())


def test_a_phone_behind_nat_is_locked_after_three_packets_and_answered_there() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            nowhere = bench.audio("caller").remote_rtp
            bench.apply(caller=replace(bench.audio("caller"), remote_rtp=(nowhere[0], 9)))
            await bench.play("caller", voice(5))
            await bench.play("callee", voice(2))
            assert numbers(bench.peers["callee"].packets) == [2, 3, 4]
            assert numbers(bench.peers["caller"].packets) == [0, 1]

    run_virtual(work())


def test_noise_and_truncated_packets_are_counted_and_harm_nobody() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            await bench.play("caller", voice(2))
            for junk in (b"", b"\x80", b"\x00" * 40, b"\x80\x00" + bytes(9), b"\xbf\x00" + bytes(10)):
                bench.peers["caller"].send(junk, bench.media.caller.audio_port)
                bench.peers["caller"].send_rtcp(junk, bench.media.caller.audio_port)
            await bench.play("caller", voice(2, start=102, timestamp=5320))
            assert numbers(bench.peers["callee"].packets) == [0, 1, 0, 1]
            assert bench.media.statistics().caller.audio.dropped == {"malformed": 5, "rtcp_malformed": 5}

    run_virtual(work())


def test_before_anything_is_negotiated_packets_are_dropped() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            await bench.play("caller", voice(2))
            assert bench.media.statistics().caller.audio.dropped == {"not_negotiated": 2}
            bench.media.caller.apply(NegotiatedMedia(bench.audio("caller")))
            await bench.play("caller", voice(1, start=102))
            assert bench.media.statistics().caller.audio.dropped == {"not_negotiated": 2, "no_common_codec": 1}
            bench.media.callee.apply(NegotiatedMedia(bench.audio("callee")))
            await bench.play("caller", voice(2, start=103))
            assert numbers(bench.peers["callee"].packets) == [0, 1]

    run_virtual(work())


def test_hold_sends_nothing_and_resumes_without_a_hole_in_the_numbers() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            packets = voice(30)
            await bench.play("caller", packets[:10])
            held = replace(bench.audio("callee"), direction="recvonly")
            bench.media.callee.apply(NegotiatedMedia(held))
            await bench.play("caller", packets[10:20])
            bench.media.callee.apply(NegotiatedMedia(bench.audio("callee")))
            await bench.play("caller", packets[20:])
            arrived = bench.peers["callee"].packets
            assert numbers(arrived) == [*range(10), *range(20, 30)]
            assert steps([packet.sequence_number for packet in arrived], 16) == [1] * 19
            assert steps([packet.timestamp for packet in arrived], 32) == [160] * 9 + [160 * 11] + [160] * 9
            assert bench.media.statistics().caller.audio.dropped == {"far_end_on_hold": 10}

    run_virtual(work())


def test_hold_by_address_zero_sends_nothing_and_keeps_the_source() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            await bench.play("callee", voice(3))
            zero = replace(bench.audio("callee"), remote_rtp=("0.0.0.0", 4000), remote_rtcp=("0.0.0.0", 4001))
            bench.media.callee.apply(NegotiatedMedia(zero))
            await bench.play("caller", voice(3))
            assert bench.peers["callee"].packets == []
            bench.apply()
            await bench.play("caller", voice(1, start=103))
            assert len(bench.peers["callee"].packets) == 1

    run_virtual(work())


def test_what_a_held_leg_still_sends_is_dropped() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply(caller=replace(bench.audio("caller"), direction="inactive"))
            await bench.play("caller", voice(2))
            assert bench.peers["callee"].packets == []
            assert bench.media.statistics().caller.audio.dropped == {"on_hold": 2}

    run_virtual(work())


def test_a_new_address_in_sdp_is_followed() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            await bench.play("caller", voice(3))
            former, bench.peers["caller"] = bench.peers["caller"], MediaPeer()
            bench.apply()
            former.send(bytes(voice(1, start=103)[0]), bench.media.caller.audio_port)
            await bench.play("caller", voice(3, ssrc=0x3333))
            await bench.play("callee", voice(1))
            former.close()
            assert numbers(bench.peers["callee"].packets) == [0, 1, 2, 0, 1, 2]
            assert len(bench.peers["caller"].packets) == 1
            assert bench.media.statistics().caller.audio.dropped == {"wrong_source": 1}

    run_virtual(work())


def test_reports_flow_both_ways_with_one_name_a_leg() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            packets = voice(200)
            del packets[50:60]
            await asyncio.gather(bench.play("caller", packets), bench.play("callee", voice(200, ssrc=0x2222)))
            reports = bench.peers["caller"].rtcp_of(SenderReport)
            assert len(reports) >= 2
            last = reports[-1]
            assert isinstance(last, SenderReport)
            assert last.ssrc == bench.peers["caller"].packets[0].ssrc
            assert last.blocks[0].ssrc == 0x1111
            assert last.blocks[0].packets_lost == 10
            names = {
                d.cnames for d in bench.peers["caller"].rtcp_of(SourceDescription) if isinstance(d, SourceDescription)
            }
            assert len(names) == 1
            assert bench.media.statistics().caller.audio.lost == 10

    run_virtual(work())


def test_a_leg_that_only_listens_gets_receiver_reports_of_nothing_sent() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            await bench.play("caller", voice(100))
            assert bench.peers["caller"].rtcp_of(ReceiverReport)
            assert not bench.peers["caller"].rtcp_of(SenderReport)

    run_virtual(work())


def test_inactivity_counts_only_while_sound_should_flow() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            assert bench.media.inactive_for() == 0.0
            bench.apply()
            await bench.play("caller", voice(5))
            await asyncio.sleep(40)
            assert 39.9 < bench.media.inactive_for() < 40.2
            bench.media.callee.apply(NegotiatedMedia(replace(bench.audio("callee"), direction="inactive")))
            await asyncio.sleep(100)
            assert bench.media.inactive_for() == 0.0
            bench.apply()
            await asyncio.sleep(2)
            assert 1.9 < bench.media.inactive_for() < 2.2

    run_virtual(work())


def test_close_is_idempotent_says_goodbye_and_rests_the_ports() -> None:
    async def work() -> None:
        async with CallBench(MediaConfig(rtp_ports=(30_000, 60_000))) as bench:
            bench.apply()
            await bench.play("caller", voice(3))
            first = bench.media.close()
            assert bench.media.close() is first
            assert bench.ports.resting == 4
            await bench.play("caller", voice(3, start=103))
            assert bench.media.statistics().caller.audio.received == 3
            assert len(bench.peers["callee"].packets) == 3

    run_virtual(work())
