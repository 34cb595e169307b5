"""The far ends' own video through a call without avatars."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from ims_avatar.flow import NegotiatedVideo
from ims_avatar.rtp.feedback import FullIntraRequest, OldFullIntraRequest, PictureLossIndication
from ims_avatar.rtp.h264 import Depacketiser, packetise
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.reports import SenderReport, ntp_seconds, ntp_timestamp
from ims_avatar.rtp.sequence import signed_difference
from tests.support.call_bench import CallBench, voice
from tests.support.h264_pictures import h264_pictures
from tests.support.virtual_time import run_virtual

SSRC = 0x5555


def video_packets(count: int) -> list[list[RtpPacket]]:
    """Packets of each picture."""
    number, pictures = 300, []
    for index, unit in enumerate(h264_pictures(count)):
        payloads = packetise(unit.data, mode=1, max_payload=1000)
        pictures.append(
            [
                RtpPacket(96, place == len(payloads) - 1, number + place, 9000 + 3600 * index, SSRC, payload)
                for place, payload in enumerate(payloads)
            ]
        )
        number += len(payloads)
    return pictures


async def film(bench: CallBench, pictures: list[list[RtpPacket]]) -> None:
    for packets in pictures:
        for packet in packets:
            bench.video_peers["caller"].send(bytes(packet), bench.media.caller.video_port)
        await asyncio.sleep(0.04)


def test_a_video_call_passes_untouched() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("caller")
            bench.add_video("callee")
            pictures = video_packets(10)
            await film(bench, pictures)
            sent = [packet for packets in pictures for packet in packets]
            arrived = bench.video_peers["callee"].packets
            assert [packet.payload for packet in arrived] == [packet.payload for packet in sent]
            assert [packet.marker for packet in arrived] == [packet.marker for packet in sent]
            assert {packet.ssrc for packet in arrived} & {SSRC} == set()
            depacketiser = Depacketiser()
            assert len([picture for packet in arrived for picture in depacketiser.push(packet)]) == 10

    run_virtual(work())


@pytest.mark.parametrize(
    ("feedback", "wanted"),
    [
        ({"nack pli", "ccm fir"}, PictureLossIndication),
        ({"ccm fir"}, FullIntraRequest),
        (set(), OldFullIntraRequest),
    ],
)
def test_the_viewers_request_reaches_the_sender_in_its_own_words(feedback: set[str], wanted: type) -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("caller", replace(bench.video("caller"), feedback=frozenset(feedback)))
            bench.add_video("callee")
            await film(bench, video_packets(5))
            sender, viewer = bench.video_peers["caller"], bench.video_peers["callee"]
            await asyncio.sleep(1)
            sender.rtcp_received.clear()
            viewer.send_rtcp(bytes(PictureLossIndication(1, viewer.packets[0].ssrc)), bench.media.callee.video_port)
            await asyncio.sleep(0.01)
            requests = sender.rtcp_of(wanted)
            assert len(requests) == 1
            if isinstance(requests[0], PictureLossIndication):
                assert requests[0].media_ssrc == SSRC
            if isinstance(requests[0], FullIntraRequest):
                assert requests[0].entries[0][0] == SSRC
            assert bench.heard.keyframe_requests == []

    run_virtual(work())


def test_modes_that_do_not_fit_are_not_relayed() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("caller")
            bench.add_video("callee", replace(bench.video("callee"), packetization_mode=0))
            pictures = video_packets(2)
            await film(bench, pictures)
            assert bench.video_peers["callee"].packets == []
            assert bench.media.statistics().caller.video.dropped == {"no_common_codec": sum(map(len, pictures))}

    run_virtual(work())


def test_an_avatar_takes_the_place_of_the_own_video_and_gives_it_back() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("caller")
            bench.add_video("callee")
            pictures = video_packets(30)
            await film(bench, pictures[:10])
            before = len(bench.video_peers["callee"].packets)
            bench.media.show_avatar("caller", "callee")
            now = bench.clock.monotonic()
            assert bench.media.send_access_unit("callee", replace(h264_pictures(1)[0], pts=now))
            await film(bench, pictures[10:20])
            during = len(bench.video_peers["callee"].packets)
            bench.media.hide_avatar("callee")
            await film(bench, pictures[20:])
            packets = bench.video_peers["callee"].packets
            assert before < during < len(packets)
            assert [packet.payload for packet in packets[during:]] == [p.payload for ps in pictures[20:] for p in ps]
            numbers = [(packet.sequence_number - packets[0].sequence_number) & 0xFFFF for packet in packets]
            assert numbers == list(range(len(packets)))
            stamps = [packet.timestamp for packet in packets]
            assert all(0 <= signed_difference(b, a, 32) <= 45_000 for a, b in itertools.pairwise(stamps))

    run_virtual(work())


def test_lip_sync_of_the_sender_is_kept() -> None:
    """The sender's reports say that its video is captured 80 ms before it leaves, its sound 20 ms before."""

    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("caller")
            bench.add_video("callee")
            start = bench.clock.monotonic()
            far = 5000.0 - start

            def report() -> None:
                now = bench.clock.monotonic()
                ntp = ntp_timestamp(now + far)
                sound_at, video_at = (
                    5000 + round((now - start + 0.02) * 8000),
                    9000 + round((now - start + 0.08) * 90_000),
                )
                sound, video = SenderReport(0x1111, ntp, sound_at, 1, 1), SenderReport(SSRC, ntp, video_at, 1, 1)
                bench.peers["caller"].send_rtcp(bytes(sound), bench.media.caller.audio_port)
                bench.video_peers["caller"].send_rtcp(bytes(video), bench.media.caller.video_port)

            async def reports() -> None:
                for _ in range(5):
                    await asyncio.sleep(1)
                    report()

            await asyncio.gather(bench.play("caller", voice(300)), film(bench, video_packets(150)), reports())

            def told(packet: RtpPacket, reports_of: list[object], rate: int) -> float:
                last = [r for r in reports_of if isinstance(r, SenderReport)][-1]
                return ntp_seconds(last.ntp) + signed_difference(packet.timestamp, last.rtp_timestamp, 32) / rate

            sound, video = bench.peers["callee"], bench.video_peers["callee"]
            sound_told = told(sound.packets[200], list(sound.rtcp_of(SenderReport)), 8000)
            picture = next(p for p in video.packets if p.timestamp == sorted({q.timestamp for q in video.packets})[100])
            video_told = told(picture, list(video.rtcp_of(SenderReport)), 90_000)
            assert sound_told - video_told == pytest.approx(0.06, abs=0.002)

    run_virtual(work())


def test_video_that_vanishes_leaves_the_voice() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            bench.apply()
            bench.add_video("caller")
            bench.add_video("callee")
            pictures = video_packets(4)
            await film(bench, pictures[:2])
            gone: NegotiatedVideo | None = None
            for side in ("caller", "callee"):
                leg = bench.media.leg(side)
                leg.apply(replace(leg.negotiated, video=gone))
            arrived = len(bench.video_peers["callee"].packets)
            await film(bench, pictures[2:])
            await bench.play("caller", voice(5))
            assert len(bench.video_peers["callee"].packets) == arrived
            assert len(bench.peers["callee"].packets) == 5

    run_virtual(work())
