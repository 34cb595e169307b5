"""The public SIP port, UDP and TCP: sockets around `front_routing`. Runs on one asyncio loop."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from typing import Final, cast

import structlog

from ims_avatar.clock import Clock
from ims_avatar.errors import BadRequest, ConfigError
from ims_avatar.flow import Address
from ims_avatar.signalling.front_routing import Arrival, Datagram, Flow, FrontRouting, OnFlow, Verdict
from ims_avatar.signalling.stream_framing import PING, PONG, StreamFraming

log = structlog.get_logger()

MAX_CONNECTIONS: Final = 4096
MAX_UNSENT: Final = 1_048_576
"""Bytes that a TCP peer may leave unread before its connection is closed."""
LOG_EVERY_S: Final = 1.0
"""At most one line of each kind a second: a flood of strangers must not fill the log."""


class Front:
    def __init__(self, routing: FrontRouting, clock: Clock) -> None:
        self._routing = routing
        self._clock = clock
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._flows: dict[Flow, asyncio.Transport] = {}
        self._logged: dict[str, float] = {}
        self.counters: Counter[str] = Counter()

    async def start(self, address: Address) -> Address:
        """Listens on UDP and TCP of one port (0 takes a free one). Raises `ConfigError` when it is in use."""
        loop = asyncio.get_running_loop()
        host, port = address
        try:
            self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=address)
            port = self._udp.get_extra_info("sockname")[1]
            self._tcp = await loop.create_server(lambda: _Connection(self), host, port)
        except OSError as error:
            await self.stop()
            raise ConfigError(
                f"SIP port {host}:{port} cannot be opened ({error.strerror or error})",
                remedy="end the program that uses it, or set sip.address and sip.port to what is free",
            ) from error
        self._routing.settings.address = (host, port)
        return host, port

    async def stop(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for transport in tuple(self._flows.values()):
            transport.close()

    def take(self, data: bytes, source: Address, flow: Flow | None) -> None:
        if not data.strip(b"\r\n\0 "):
            return  # keep-alive over UDP (RFC 5626 4.4.1)
        verdict = self._routing.handle(Arrival(data, source, flow), self._clock.monotonic())
        match verdict.send:
            case Datagram(out, to):
                self._send_datagram(out, to)
            case OnFlow(out, on):
                self._send_on(on, out)
        if verdict.why:
            self._note(verdict, source)

    def open_flow(self, transport: asyncio.Transport) -> Flow | None:
        """None: too many connections."""
        if len(self._flows) >= MAX_CONNECTIONS:
            return None
        flow = secrets.token_hex(8)
        self._flows[flow] = transport
        self._routing.settings.flows.add(flow)
        return flow

    def close_flow(self, flow: Flow) -> None:
        self._flows.pop(flow, None)
        self._routing.settings.flows.discard(flow)

    def _send_datagram(self, data: bytes, to: Address) -> None:
        if self._udp is not None and not self._udp.is_closing():
            self._udp.sendto(data, to)

    def _send_on(self, flow: Flow, data: bytes) -> None:
        transport = self._flows.get(flow)
        if transport is None:
            return
        transport.write(data)
        if transport.get_write_buffer_size() > MAX_UNSENT:
            transport.abort()

    def _note(self, verdict: Verdict, source: Address) -> None:
        kind = f"{verdict.refused} {verdict.why}" if verdict.refused else verdict.why
        self.counters[kind] += 1
        now = self._clock.monotonic()
        if now - self._logged.get(kind, float("-inf")) < LOG_EVERY_S:
            return
        if len(self._logged) > 1000:
            self._logged.clear()
        self._logged[kind] = now
        log.info(
            "request refused" if verdict.refused else "message dropped",
            status=verdict.refused or None,
            why=verdict.why,
            source=source[0],
            times=self.counters[kind],
        )


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, front: Front) -> None:
        self._front = front

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._front.take(data, (addr[0], addr[1]), None)


class _Connection(asyncio.Protocol):
    """One TCP connection of a peer."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._framing = StreamFraming()
        self._flow: Flow | None = None
        self._source: Address = ("", 0)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are not its subclasses
        peer = transport.get_extra_info("peername")
        self._source = (peer[0], peer[1])
        self._flow = self._front.open_flow(self._transport)
        if self._flow is None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self._flow is None:
            return
        try:
            messages = self._framing.feed(data)
        except BadRequest as error:
            log.info("SIP connection closed", why=str(error), source=self._source[0])
            self._transport.close()
            return
        for message in messages:
            if message == PING:
                self._transport.write(PONG)
            else:
                self._front.take(message, self._source, self._flow)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._flow is not None:
            self._front.close_flow(self._flow)
