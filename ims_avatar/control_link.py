"""A process's end of the control channel to the supervisor (see `control`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
import zmq

from ims_avatar.control import ControlError, ControlMessage, decode, encode

log = structlog.get_logger()

LINGER_MS: Final = 500
"""How long the last messages may take when the process ends."""


class ControlLink:
    """Use on one asyncio loop; `handler` is called on it. Sending never blocks."""

    def __init__(self, endpoint: str, name: str, handler: Callable[[ControlMessage], None]) -> None:
        self._handler = handler
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.set(zmq.IDENTITY, name.encode())
        self._socket.set(zmq.LINGER, LINGER_MS)
        self._socket.connect(endpoint)
        self._loop = asyncio.get_running_loop()
        self._descriptor = int(self._socket.get(zmq.FD))
        self._loop.add_reader(self._descriptor, self._on_readable)

    def send(self, message: ControlMessage) -> None:
        try:
            self._socket.send(encode(message), zmq.DONTWAIT)
        except zmq.Again:
            log.warning("control message dropped: the supervisor does not read")
        # ZeroMQ's descriptor is edge-triggered: a send may have swallowed the edge of a message that came in.
        self._loop.call_soon(self._on_readable)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._socket.close()
        self._context.term()

    def _on_readable(self) -> None:
        while not self._socket.closed and int(self._socket.get(zmq.EVENTS)) & zmq.POLLIN:
            data = self._socket.recv(zmq.DONTWAIT)
            try:
                message = decode(data)
            except ControlError as error:
                log.error("control message dropped", cause=str(error))
                continue
            self._handler(message)
