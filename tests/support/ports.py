"""Addresses and ports that nobody else on the machine uses.

Every test network is its own slice of 127.0.0.0/8, so that each program has an address to itself, ports never
collide between runs on one machine, and one capture filter sees this network only.
"""

from __future__ import annotations

import ipaddress
import os
import random
import socket
from dataclasses import dataclass, field
from pathlib import Path


def free_port(host: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port that the kernel gave for port 0, free at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def free_sip_port(host: str) -> int:
    """A port free for UDP and TCP."""
    for _ in range(50):
        port = free_port(host)
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no port of {host} is free for both UDP and TCP")


def is_bound(host: str, port: int) -> bool:
    """Whether a UDP or TCP socket of this machine is bound to exactly `host`:`port`."""
    address = "".join(f"{int(byte):02X}" for byte in reversed(host.split(".")))
    wanted = f" {address}:{port:04X} "
    return any(wanted in Path(f"/proc/net/{table}").read_text() for table in ("udp", "tcp"))


@dataclass
class Loopback:
    """One /20 of 127.0.0.0/8, handed out host by host."""

    network: str = field(default_factory=lambda: _own_network())
    _next: int = 1
    _next_media_port: int = field(default_factory=lambda: random.Random(os.urandom(8)).randrange(32_000, 50_000, 2))

    def host(self) -> str:
        """An address of this network that was not handed out before."""
        hosts = ipaddress.ip_network(self.network)
        if self._next >= hosts.num_addresses - 1:
            raise AssertionError(f"all addresses of {self.network} are taken; make another Loopback")
        self._next += 1
        return str(hosts[self._next - 1])

    def stranger(self) -> str:
        """An address that is not of this network."""
        return str(ipaddress.ip_address(int(ipaddress.ip_network(self.network)[0]) ^ 0x0040_0000) + 9)

    def media_ports(self) -> range:
        """UDP ports for a program that binds its media sockets to every address, never handed out twice."""
        self._next_media_port += 60
        return range(self._next_media_port - 60, self._next_media_port)


def _own_network() -> str:
    chance = random.Random(os.urandom(8))
    return f"127.{chance.randint(16, 254)}.{chance.randrange(0, 256, 16)}.0/20"
