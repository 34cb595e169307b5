"""The supervisor's end of the control sockets: carries what the switchboard decides."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog
import zmq
import zmq.asyncio

from ims_avatar.control import ControlError, decode, encode
from ims_avatar.serve.switchboard import Outgoing, Switchboard

log = structlog.get_logger()


class ControlHub:
    """A ROUTER socket that front and call workers connect to."""

    def __init__(self, endpoint: str, board: Switchboard) -> None:
        self._board = board
        self._context = zmq.asyncio.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        # A process that was started again connects under the name of its predecessor.
        self._socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self._socket.bind(endpoint)
        self._reader = asyncio.create_task(self._read())

    def send(self, messages: Iterable[Outgoing]) -> None:
        """Never blocks: what is meant for a process that is not there is dropped, it is told again when it comes."""
        for outgoing in messages:
            self._socket.send_multipart([outgoing.to.encode(), encode(outgoing.message)])

    def close(self) -> None:
        self._reader.cancel()
        self._socket.close()
        self._context.term()

    async def _read(self) -> None:
        while True:
            sender, *parts = await self._socket.recv_multipart()
            try:
                message = decode(parts[-1] if parts else b"")
            except ControlError as error:
                log.error("control message not understood", sender=sender[:20], cause=str(error))
                continue
            self.send(self._board.receive(sender.decode(errors="replace"), message))
