"""The call workers that the pool knows, and the one socket to all of them. Bounded: who does not read is dropped."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
import zmq

from ims_avatar.errors import PoolError, PoolProtocolError
from ims_avatar.inference import protocol
from ims_avatar.inference.protocol import Message

SEND_QUEUE = 500
"""Messages that may wait for one client (about a second of sixteen streams)."""
RECEIVE_QUEUE = 5_000
LINGER_MS = 100
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class ClientState:
    session: str
    """Made anew whenever the client becomes known: tells it that the pool holds nothing of it."""
    last_heard: float


class ClientHub:
    """Messages in and out. `dropped` names the clients whose streams are to be closed."""

    def __init__(self, endpoint: str) -> None:
        """Raises `PoolError` when the endpoint cannot be bound."""
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.set(zmq.ROUTER_MANDATORY, 1)
        self._socket.set(zmq.SNDHWM, SEND_QUEUE)
        self._socket.set(zmq.RCVHWM, RECEIVE_QUEUE)
        self._socket.set(zmq.LINGER, LINGER_MS)
        self._clients: dict[bytes, ClientState] = {}
        self._dropped: list[bytes] = []
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            self._context.destroy(linger=0)
            raise PoolError(
                f"the pool cannot listen at {endpoint} ({error})", remedy="give a path that this user may write to"
            ) from error

    def __len__(self) -> int:
        return len(self._clients)

    def close(self) -> None:
        self._socket.close()
        self._context.term()

    def session(self, client: bytes) -> str:
        return self._clients[client].session

    def wait(self, seconds: float) -> None:
        """Until a message can be read, at most `seconds`."""
        self._socket.poll(max(0, int(seconds * 1000)))

    def receive(self, now: float, most: int) -> Iterator[tuple[bytes, Message]]:
        """Up to `most` messages that are there, without waiting. What cannot be understood is logged and dropped."""
        for _ in range(most):
            try:
                client, *parts = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                message = protocol.decode(parts)
            except PoolProtocolError as error:
                _log.warning("message from a client not understood", error=str(error))
                self._post(client, protocol.Alive("?"))  # so that a client of another version learns of it, too
                continue
            self._hear(client, now)
            yield client, message

    def send(self, client: bytes, message: Message) -> bool:
        """False when it could not be sent: the client is gone or does not read, and is dropped."""
        if client not in self._clients:
            return False
        if self._post(client, message):
            return True
        self._drop(client, "gone, or does not read")
        return False

    def beat(self, now: float) -> None:
        """A heartbeat to everybody; who was silent for too long is dropped."""
        for client, state in list(self._clients.items()):
            if now - state.last_heard > protocol.CLIENT_SILENCE_LIMIT:
                self._drop(client, "is silent")
            else:
                self.send(client, protocol.Alive(state.session))

    def dropped(self) -> list[bytes]:
        """Clients dropped since the last call."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def _hear(self, client: bytes, now: float) -> None:
        state = self._clients.get(client)
        if state is not None:
            state.last_heard = now
            return
        self._clients[client] = ClientState(secrets.token_hex(8), now)
        self.send(client, protocol.Alive(self._clients[client].session))

    def _post(self, client: bytes, message: Message) -> bool:
        try:
            self._socket.send_multipart([client, *protocol.encode(message)], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno in (zmq.EAGAIN, zmq.EHOSTUNREACH):
                return False
            raise
        return True

    def _drop(self, client: bytes, why: str) -> None:
        del self._clients[client]
        self._dropped.append(client)
        _log.warning("client dropped", why=why, clients=len(self._clients))
