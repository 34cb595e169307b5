"""Ports of a call, from its beginning to its end."""

from __future__ import annotations

import asyncio
import random

import pytest

from ims_avatar.call_media import CallMedia
from ims_avatar.clock import Clock
from ims_avatar.config import MediaConfig, Side
from ims_avatar.errors import NoFreePort
from ims_avatar.flow import Direction, NegotiatedAudio, NegotiatedMedia, NegotiatedVideo
from ims_avatar.rtp.codecs.table import AUDIO_CODECS
from ims_avatar.rtp.ports import PortPool
from tests.support.call_bench import CallBench, Heard, numbers, voice
from tests.support.media_peer import LOOPBACK
from tests.support.ports import is_bound
from tests.support.virtual_time import LoopClock, run_virtual

NOWHERE = (LOOPBACK, 9)


def pool_of(pairs: int, clock: Clock) -> PortPool:
    """A pool over a part of the port range that is free now."""
    for low in random.Random().sample(range(30_000, 60_000, 2), 50):
        if not any(is_bound(LOOPBACK, low + number) for number in range(2 * pairs)):
            return PortPool(LOOPBACK, (low, low + 2 * pairs - 1), clock, kernel_time=False)
    raise AssertionError("no free range of ports")


@pytest.mark.parametrize("pairs", [0, 1, 2, 3])
def test_a_call_that_finds_too_few_ports_keeps_none(pairs: int) -> None:
    async def work() -> None:
        ports = pool_of(max(pairs, 1), LoopClock())
        taken = [ports.take()] if pairs == 0 else []
        with pytest.raises(NoFreePort, match="rtp_ports"):
            CallMedia(ports, MediaConfig(), LoopClock(), Heard(), call="test")
        assert ports.resting == pairs
        for pair in taken:
            pair.close()
        ports.close()

    run_virtual(work())


def test_the_next_call_gets_the_ports_after_their_rest() -> None:
    async def work() -> None:
        clock = LoopClock()
        ports = pool_of(4, clock)
        CallMedia(ports, MediaConfig(), clock, Heard(), call="one").close()
        with pytest.raises(NoFreePort):
            CallMedia(ports, MediaConfig(), clock, Heard(), call="two")
        await asyncio.sleep(6)
        CallMedia(ports, MediaConfig(), clock, Heard(), call="three").close()
        ports.close()

    run_virtual(work())


def test_ports_of_the_legs_are_bound_even_and_different() -> None:
    async def work() -> None:
        async with CallBench() as bench:
            legs = (bench.media.caller, bench.media.callee)
            ports = [port for leg in legs for port in (leg.audio_port, leg.video_port)]
            assert len(set(ports)) == 4
            assert all(port % 2 == 0 and is_bound(LOOPBACK, port) and is_bound(LOOPBACK, port + 1) for port in ports)
            assert {leg.address for leg in legs} == {LOOPBACK}

    run_virtual(work())


SIDES: tuple[Side, Side] = ("caller", "callee")
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")


def disturb(bench: CallBench, side: Side, chance: random.Random) -> None:
    """One renegotiation, change of avatars, or piece of noise."""
    leg, peer = bench.media.leg(side), bench.peers[side]
    codec = AUDIO_CODECS[chance.choice(sorted(AUDIO_CODECS))]
    direction = chance.choice(DIRECTIONS)
    remote = chance.choice((peer.rtp_address, NOWHERE, ("0.0.0.0", 0), ("::", 5)))
    audio = NegotiatedAudio(codec.name, 0, codec.clock_rate, 1, remote, peer.rtcp_address, direction)
    video = NegotiatedVideo("H264", 96, NOWHERE, NOWHERE, direction, packetization_mode=chance.choice((0, 1)))
    match chance.randrange(7):
        case 0:
            leg.apply(NegotiatedMedia(audio, video))
        case 1:
            leg.apply(NegotiatedMedia(audio))
        case 2:
            leg.apply(NegotiatedMedia())
        case 3:
            bench.media.show_avatar("caller", side)
        case 4:
            bench.media.hide_avatar(side)
        case 5:
            peer.send(chance.randbytes(chance.randrange(60)), leg.audio_port)
        case _:
            peer.send_rtcp(chance.randbytes(chance.randrange(60)), leg.video_port)


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_events_leaves_the_call_able_to_speak(seed: int) -> None:
    chance = random.Random(seed)

    async def work() -> None:
        async with CallBench() as bench:
            for _ in range(60):
                side = chance.choice(SIDES)
                disturb(bench, side, chance)
                said = voice(chance.randrange(3), start=chance.randrange(65_536), ssrc=chance.randrange(9))
                await bench.play(side, said)
            for side in SIDES:
                bench.media.hide_avatar(side)
            bench.apply()
            await asyncio.sleep(1)
            for peer in bench.peers.values():
                peer.received.clear()
            await asyncio.gather(bench.play("caller", voice(20, ssrc=77)), bench.play("callee", voice(20, ssrc=78)))
            assert [numbers(bench.peers[side].packets) for side in SIDES] == [list(range(20))] * 2

    run_virtual(work())
