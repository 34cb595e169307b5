"""The public SIP port, tried before anything is started."""

from __future__ import annotations

import errno
import socket

from ims_avatar.errors import ConfigError

ATTEMPTS = 50


def settle_sip_port(address: str, port: int) -> int:
    """`port`, known to be free for UDP and TCP on `address`; 0 finds one. Raises `ConfigError` naming the port."""
    if port:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            problem = _try(address, port, kind)
            if problem is not None:
                raise _refusal(address, port, kind, problem)
        return port
    for _ in range(ATTEMPTS):
        with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((address, 0))
            except OSError as error:
                raise _refusal(address, 0, socket.SOCK_DGRAM, error) from error
            found = int(probe.getsockname()[1])
        if _try(address, found, socket.SOCK_STREAM) is None:
            return found
    raise ConfigError(f"no port of {address} is free for both UDP and TCP", remedy="name one in sip.port")


def _try(address: str, port: int, kind: socket.SocketKind) -> OSError | None:
    with socket.socket(_family(address), kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error
    return None


def _refusal(address: str, port: int, kind: socket.SocketKind, error: OSError) -> ConfigError:
    name = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"sip.port {port} ({name}) on {address} is in use",
            remedy=f"stop what holds it (ss -lntup 'sport = :{port}'), or set another sip.port (0 takes a free one)",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(
            f"sip.address {address} is no address of this machine",
            remedy="set sip.address to one that 'ip address' shows",
        )
    if error.errno == errno.EACCES:
        return ConfigError(
            f"sip.port {port} ({name}) on {address} may not be bound by this user",
            remedy="use a port of 1024 or higher",
        )
    return ConfigError(
        f"sip.port {port} ({name}) on {address}: {error.strerror}", remedy="set another sip.address or sip.port"
    )


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
