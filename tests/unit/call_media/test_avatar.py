"""What happens beside and around the voice while somebody sees an avatar."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import numpy as np
import pytest

from ims_avatar.config import Side
from ims_avatar.flow import AccessUnit, AudioChunk, NegotiatedMedia
from ims_avatar.rtp.codecs.g711 import PCMU
from ims_avatar.rtp.feedback import (
    FullIntraRequest,
    GenericNack,
    MaxBitRateRequest,
    OldFullIntraRequest,
    PictureLossIndication,
)
from ims_avatar.rtp.h264 import Depacketiser
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.reports import SenderReport, SourceDescription, ntp_seconds
from ims_avatar.rtp.sequence import signed_difference
from tests.support import h264_stream
from tests.support.call_bench import CallBench, Heard, numbers, voice
from tests.support.h264_pictures import h264_pictures
from tests.support.tone import frequency_of, tone
from tests.support.virtual_time import START, run_virtual

NTP_EPOCH = 2_208_988_800


def speech(seconds: float, frequency: float = 440.0) -> list[RtpPacket]:
    assert PCMU.encoder is not None
    encoder = PCMU.encoder()
    samples = tone(frequency, seconds, 8000).reshape(-1, 160)
    return [
        replace(packet, payload=encoder.encode(part)) for packet, part in zip(voice(len(samples)), samples, strict=True)
    ]


async def show(bench: CallBench, units: tuple[AccessUnit, ...], lag: float = 0.105) -> None:
    """Pictures at 25 fps, each `lag` after the instant it shows."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for index, unit in enumerate(units):
        bench.media.send_access_unit("callee", replace(unit, pts=loop.time() - lag))
        await asyncio.sleep(start + (index + 1) * 0.04 - loop.time())


def test_the_voice_is_delayed_by_the_constant_and_glides_without_losing_a_packet() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("callee")
            sent: list[float] = []

            async def speak() -> None:
                for packet in voice(300):
                    sent.append(asyncio.get_running_loop().time())
                    await bench.play("caller", [packet])

            async def avatar() -> None:
                await asyncio.sleep(2)
                bench.media.show_avatar("caller", "callee")
                await asyncio.sleep(2)
                bench.media.hide_avatar("callee")

            await asyncio.gather(speak(), avatar())
            await asyncio.sleep(0.2)
            arrived = bench.peers["callee"].received
            assert numbers(packet for _, packet in arrived) == list(range(300))
            delays = [round(1000 * (time - sent[index])) for index, (time, _) in enumerate(arrived)]
            assert set(delays[:99]) == {0}
            assert set(delays[126:199]) == {120}
            assert set(delays[226:]) == {0}
            assert all(0 <= after - before <= 6 for before, after in itertools.pairwise(delays[98:131]))
            assert bench.media.statistics().callee.added_delay_quantile(1.0) in (120.0, 121.0)

    run_virtual(work())


def test_the_other_direction_is_not_delayed() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.media.show_avatar("caller", "callee")
            await bench.play("callee", voice(50))
            assert bench.media.statistics().caller.added_delay_quantile(1.0) == 1.0

    run_virtual(work())


def test_the_viewer_of_its_own_avatar_hears_undelayed() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.media.show_avatar("caller", "caller")
            await asyncio.gather(bench.play("caller", voice(20)), bench.play("callee", voice(20)))
            statistics = bench.media.statistics()
            assert statistics.caller.added_delay_quantile(1.0) == 1.0
            assert statistics.callee.added_delay_quantile(1.0) == 1.0
            assert {side for side, _ in bench.heard.chunks} == {"caller"}

    run_virtual(work())


def test_the_tap_hears_the_tone_with_capture_instants() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.media.show_avatar("caller", "callee")
            await bench.play("caller", speech(1.0))
            chunks = [chunk for side, chunk in bench.heard.chunks if side == "caller"]
            assert frequency_of(np.concatenate([chunk.samples for chunk in chunks]), 16_000) == pytest.approx(
                440, abs=2
            )
            assert chunks[0].pts == pytest.approx(START - 0.02, abs=0.001)
            for before, after in itertools.pairwise(chunks):
                assert after.pts == pytest.approx(before.pts + len(before.samples) / 16_000, abs=0.001)
            bench.media.hide_avatar("callee")
            heard = len(bench.heard.chunks)
            await bench.play("caller", voice(3, start=150, timestamp=13_000))
            assert len(bench.heard.chunks) == heard

    run_virtual(work())


def test_pictures_arrive_whole_below_the_mtu_and_decode() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("callee", replace(bench.video("callee"), mtu=600))
            bench.media.show_avatar("caller", "callee")
            units = h264_pictures(20)
            await show(bench, units)
            await asyncio.sleep(0.1)
            peer, depacketiser = bench.video_peers["callee"], Depacketiser()
            pictures = [picture for packet in peer.packets for picture in depacketiser.push(packet)]
            assert len(pictures) == 20
            assert depacketiser.broken == 0
            assert max(peer.sizes) <= 600
            assert pictures[0].keyframe
            assert (
                len(h264_stream.decode([AccessUnit(0, picture.data, picture.keyframe) for picture in pictures])) == 20
            )
            assert {after.timestamp - before.timestamp for before, after in itertools.pairwise(pictures)} <= {
                3600,
                3600 - (1 << 32),
            }
            assert bench.media.statistics().callee.pictures_sent == 20

    run_virtual(work())


def test_sound_and_picture_of_one_instant_carry_one_time_in_the_reports() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("callee")
            bench.media.show_avatar("caller", "callee")
            sounds = speech(6.0)
            await asyncio.gather(bench.play("caller", sounds), show(bench, h264_pictures(150)))
            await asyncio.sleep(0.2)

            def told(peer_reports: list[object], packet: RtpPacket, rate: int) -> float:
                report = [r for r in peer_reports if isinstance(r, SenderReport)][-1]
                passed = signed_difference(packet.timestamp, report.rtp_timestamp, 32) / rate
                return ntp_seconds(report.ntp) - NTP_EPOCH + passed

            sound, picture = bench.peers["callee"], bench.video_peers["callee"]
            for index in (10, 100, 250):
                instant = START + 0.02 * index - 0.02
                assert told(list(sound.rtcp_of(SenderReport)), sound.packets[index], 8000) == pytest.approx(
                    instant, abs=0.002
                )
            stamps = sorted({packet.timestamp: packet for packet in picture.packets}.items())
            for index in (5, 100):
                instant = START + 0.04 * index - 0.105
                told_instant = told(list(picture.rtcp_of(SenderReport)), stamps[index][1], 90_000)
                assert told_instant == pytest.approx(instant, abs=0.001)
            names = {
                name
                for peer in (sound, picture)
                for report in peer.rtcp_of(SourceDescription)
                if isinstance(report, SourceDescription)
                for _, name in report.cnames
            }
            assert len(names) == 1

    run_virtual(work())


@pytest.mark.parametrize(
    "ask",
    [
        lambda ssrc: PictureLossIndication(7, ssrc),
        lambda ssrc: FullIntraRequest(7, ((ssrc, 1),)),
        lambda ssrc: OldFullIntraRequest(7),
    ],
)
def test_a_request_for_a_key_frame_is_heard_at_once_and_not_in_a_torrent(ask: type) -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("callee")
            bench.media.show_avatar("caller", "callee")
            await show(bench, h264_pictures(10))
            bench.heard.keyframe_requests.clear()
            peer = bench.video_peers["callee"]
            asked = asyncio.get_running_loop().time()
            for _ in range(30):
                peer.send_rtcp(bytes(ask(peer.packets[0].ssrc)), bench.media.callee.video_port)
                await asyncio.sleep(0.01)
            await asyncio.sleep(1)
            times = [time - asked for time, viewer in bench.heard.keyframe_requests if viewer == "callee"]
            assert times[0] < 0.005
            assert len(times) <= 4
            assert all(after - before >= 0.149 for before, after in itertools.pairwise(times))

    run_virtual(work())


def test_a_repeated_fir_and_a_tmmbr_ask_for_nothing() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("callee")
            bench.media.show_avatar("caller", "callee")
            await show(bench, h264_pictures(10))
            peer = bench.video_peers["callee"]
            ssrc = peer.packets[0].ssrc
            bench.heard.keyframe_requests.clear()
            for _ in range(5):
                peer.send_rtcp(bytes(FullIntraRequest(7, ((ssrc, 9),))), bench.media.callee.video_port)
                await asyncio.sleep(0.3)
            assert len(bench.heard.keyframe_requests) == 1
            peer.send_rtcp(bytes(MaxBitRateRequest(7, ((ssrc, 100_000, 40),))), bench.media.callee.video_port)
            peer.send_rtcp(bytes(FullIntraRequest(7, ((ssrc + 1, 10),))), bench.media.callee.video_port)
            await asyncio.sleep(0.3)
            assert len(bench.heard.keyframe_requests) == 1

    run_virtual(work())


def test_a_packet_that_the_viewer_misses_is_sent_again_as_it_was() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("callee")
            bench.media.show_avatar("caller", "callee")
            await show(bench, h264_pictures(5))
            await asyncio.sleep(0.1)
            peer = bench.video_peers["callee"]
            lost = peer.packets[3]
            peer.received.clear()
            nack = GenericNack(7, lost.ssrc, (lost.sequence_number, (lost.sequence_number - 1000) & 0xFFFF))
            for _ in range(3):
                peer.send_rtcp(bytes(nack), bench.media.callee.video_port)
            await asyncio.sleep(0.01)
            assert peer.packets == [lost]

    run_virtual(work())


def test_pictures_are_refused_while_nobody_may_see_them() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            unit = h264_pictures(1)[0]
            assert not bench.media.send_access_unit("callee", unit)
            bench.media.show_avatar("caller", "callee")
            assert not bench.media.send_access_unit("callee", unit)
            bench.add_video("callee", bench.video("callee", "inactive"))
            assert not bench.media.send_access_unit("callee", unit)
            bench.add_video("callee")
            assert bench.media.send_access_unit("callee", unit)
            assert not bench.media.send_access_unit("callee", unit), "not newer than the last"
            bench.media.callee.apply(NegotiatedMedia(bench.audio("callee")))
            assert not bench.media.send_access_unit("callee", replace(unit, pts=9.0))
            assert bench.media.close().callee.pictures_dropped == 5
            assert not bench.media.send_access_unit("callee", replace(unit, pts=10.0))

    run_virtual(work())


def test_a_mode_0_viewer_gets_small_slices_and_a_large_one_is_dropped_not_cut() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("callee", replace(bench.video("callee"), packetization_mode=0))
            bench.media.show_avatar("caller", "callee")
            assert not bench.media.send_access_unit("callee", h264_pictures(1, bit_rate=4_000_000)[0])
            small = h264_pictures(2, slice_max_size=1000)
            assert bench.media.send_access_unit("callee", small[0])
            assert bench.media.send_access_unit("callee", small[1])
            await asyncio.sleep(0.1)
            packets = bench.video_peers["callee"].packets
            assert {packet.payload[0] & 0x1F for packet in packets} <= {1, 5, 6, 7, 8}
            assert max(bench.video_peers["callee"].sizes) <= 1200

    run_virtual(work())


def test_an_owner_that_raises_costs_the_avatar_and_not_the_voice() -> None:
    class Raising(Heard):
        def on_audio(self, speaker: Side, chunk: AudioChunk) -> None:
            super().on_audio(speaker, chunk)
            raise RuntimeError("the driving room is on fire")

        def on_keyframe_request(self, viewer: Side) -> None:
            raise RuntimeError("so is the pool")

        def on_digit(self, side: Side) -> None:
            raise RuntimeError("and the rest")

    async def work() -> None:
        heard = Raising()
        async with CallBench(heard=heard) as bench:
            bench.apply()
            bench.add_video("callee")
            bench.media.show_avatar("caller", "callee")
            bench.peers["caller"].send(
                bytes(RtpPacket(101, True, 99, 0, 0x1111, bytes(4))), bench.media.caller.audio_port
            )
            await bench.play("caller", voice(50))
            await asyncio.sleep(0.2)
            assert numbers(bench.peers["callee"].packets[1:]) == list(range(50))
            assert len(heard.chunks) == 1
            assert not bench.media.send_access_unit("callee", h264_pictures(1)[0])

    run_virtual(work())


def test_a_codec_that_cannot_be_decoded_is_relayed_and_not_heard() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply(bench.audio("caller", "EVS", 0, 16_000), bench.audio("callee", "EVS", 0, 16_000))
            bench.media.show_avatar("caller", "callee")
            await bench.play("caller", voice(10))
            await asyncio.sleep(0.2)
            assert numbers(bench.peers["callee"].packets) == list(range(10))
            assert bench.heard.chunks == []

    run_virtual(work())
