"""What a relayed call costs: `python -m tests.bench.relay --calls 8 --seconds 10`.

Far ends run in a process of their own and send G.711 both ways (50 packets a second each) in real time; the measured
process holds the calls, as a call worker does, under uvloop. With `--avatars` each callee sees the caller's avatar: the
sound is delayed and decoded, and pictures of 400 kb/s are sent at 25 fps. Prints CPU a call and a packet, and what the
relay added to the sound's way.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

import uvloop
from rich.console import Console
from rich.table import Table

from ims_avatar.call_media import CallMedia, CallStatistics
from ims_avatar.clock import SystemClock
from ims_avatar.config import MediaConfig, Side
from ims_avatar.flow import AccessUnit, Address, AudioChunk, NegotiatedAudio, NegotiatedMedia, NegotiatedVideo
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.ports import PortPool
from tests.support.h264_pictures import h264_pictures
from tests.support.media_peer import LOOPBACK, MediaPeer

PTIME = 0.02
LATENCY = 0.105
"""Seconds from the instant a picture shows to its departure."""
SIDES: tuple[Side, Side] = ("caller", "callee")


class Deaf:
    """A listener that does nothing with what it hears."""

    def on_audio(self, speaker: Side, chunk: AudioChunk) -> None:
        del speaker, chunk

    def on_keyframe_request(self, viewer: Side) -> None:
        del viewer

    def on_digit(self, side: Side) -> None:
        del side


@dataclass(frozen=True)
class Figures:
    """One run: CPU seconds of the process that holds the calls, and each call's numbers."""

    calls: int
    avatars: bool
    seconds: float
    cpu: float
    statistics: list[CallStatistics]

    @property
    def packets(self) -> int:
        """Datagrams in and out."""
        streams = [s for call in self.statistics for leg in (call.caller, call.callee) for s in (leg.audio, leg.video)]
        return sum(stream.received + stream.sent for stream in streams)

    def delay_ms(self, side: Side, share: float) -> float:
        legs = [call.caller if side == "caller" else call.callee for call in self.statistics]
        return max(leg.added_delay_quantile(share) or 0.0 for leg in legs)


def far_ends(link: Connection, calls: int, seconds: float) -> None:
    """Child process: two phones a call. Tells their addresses, gets our ports, and talks."""
    uvloop.run(_talk(link, calls, seconds))


async def _talk(link: Connection, calls: int, seconds: float) -> None:
    peers = [MediaPeer() for _ in range(4 * calls)]
    link.send([(peer.rtp_address, peer.rtcp_address) for peer in peers])
    ports: list[int] = link.recv()
    loop = asyncio.get_running_loop()
    start = loop.time()
    for index in itertools.count():
        if index * PTIME > seconds:
            break
        for place, (peer, port) in enumerate(zip(peers, ports, strict=True)):
            if port:
                packet = RtpPacket(0, False, index & 0xFFFF, 160 * index, 1000 + place, b"\xd5" * 160)
                peer.send(bytes(packet), port)
        await asyncio.sleep(start + (index + 1) * PTIME - loop.time())
    link.send(sum(len(peer.received) for peer in peers))


def _media(addresses: tuple[tuple[Address, Address], tuple[Address, Address]], *, picture: bool) -> NegotiatedMedia:
    sound, video = addresses
    return NegotiatedMedia(
        NegotiatedAudio("PCMU", 0, 8000, 1, *sound, "sendrecv", telephone_event=101),
        NegotiatedVideo("H264", 96, *video, "sendrecv") if picture else None,
    )


async def _show(calls: list[CallMedia], units: tuple[AccessUnit, ...], seconds: float) -> None:
    """Pictures for every callee, as the pool would send them."""
    loop, clock = asyncio.get_running_loop(), SystemClock()
    start = loop.time()
    for index in range(int(seconds * 25)):
        for call in calls:
            call.send_access_unit("callee", replace(units[index % len(units)], pts=clock.monotonic() - LATENCY))
        await asyncio.sleep(start + (index + 1) * 0.04 - loop.time())


async def measure(count: int, seconds: float, *, avatars: bool) -> Figures:
    """Runs `count` calls for `seconds`."""
    units = h264_pictures(50, width=96, height=96)
    clock, settings = SystemClock(), MediaConfig()
    ports = PortPool(LOOPBACK, settings.rtp_ports, clock)
    link, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=far_ends, args=(theirs, count, seconds), daemon=True)
    child.start()
    addresses: list[tuple[Address, Address]] = await asyncio.to_thread(link.recv)
    calls = [CallMedia(ports, settings, clock, Deaf(), call=str(number)) for number in range(count)]
    targets = []
    for number, call in enumerate(calls):
        for place, side in enumerate(SIDES):
            first = 4 * number + 2 * place
            call.leg(side).apply(_media((addresses[first], addresses[first + 1]), picture=avatars and side == "callee"))
            targets += [call.leg(side).audio_port, 0]
        if avatars:
            call.show_avatar("caller", "callee")
    link.send(targets)
    before, begin = time.process_time(), time.monotonic()
    if avatars:
        await _show(calls, units, seconds)
    await asyncio.sleep(max(0.0, begin + seconds + 0.3 - time.monotonic()))
    cpu, took = time.process_time() - before, time.monotonic() - begin
    figures = Figures(count, avatars, took, cpu, [call.close() for call in calls])
    ports.close()
    await asyncio.to_thread(link.recv)
    child.join()
    return figures


def table(runs: list[Figures]) -> Table:
    columns = (
        "calls",
        "avatars",
        "CPU a call",
        "µs a packet",
        "packets",
        "lost",
        "towards viewer p50/p99",
        "back p50/p99",
    )
    made = Table(*columns, title="Relay, one process under uvloop")
    for run in runs:
        lost = sum(call.caller.audio.lost + call.callee.audio.lost for call in run.statistics)
        made.add_row(
            str(run.calls),
            "yes" if run.avatars else "no",
            f"{100 * run.cpu / run.seconds / run.calls:.2f} %",
            f"{1e6 * run.cpu / max(run.packets, 1):.1f}",
            str(run.packets),
            str(lost),
            f"{run.delay_ms('callee', 0.5):.0f} / {run.delay_ms('callee', 0.99):.0f} ms",
            f"{run.delay_ms('caller', 0.5):.0f} / {run.delay_ms('caller', 0.99):.0f} ms",
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="+", default=[8])
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    runs = [
        uvloop.run(measure(count, options.seconds, avatars=avatars))
        for count in options.calls
        for avatars in (False, True)
    ]
    Console().print(table(runs))


if __name__ == "__main__":
    main()
