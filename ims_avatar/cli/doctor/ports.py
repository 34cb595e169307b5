"""The ports that the configuration names."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

from ims_avatar.cli.doctor.finding import Finding, limit, ok, problem
from ims_avatar.config import Config
from ims_avatar.errors import ConfigError
from ims_avatar.serve.ports import settle_sip_port

PORTS_A_CALL = 8
"""RTP and RTCP, sound and picture, both legs."""


def check_ports(config: Config) -> Iterator[Finding]:
    try:
        settle_sip_port(config.sip.address, config.sip.port)
    except ConfigError as error:
        cause = str(error).removesuffix(f". Remedy: {error.remedy}")
        yield problem(
            "SIP port", cause, f"{error.remedy}; nothing to do if ims-avatar itself runs", "no second service"
        )
    else:
        shown = config.sip.port or "any free one"
        yield ok("SIP port", f"{config.sip.address}:{shown}, UDP and TCP, is free")
    low, high = config.media.rtp_ports
    try:
        free = sum(_is_free(config.media_address, port) for port in range(low, high + 1))
    except OSError as error:
        yield problem(
            "RTP ports", f"{config.media_address}: {error.strerror}", "set media.address to an address of this machine"
        )
        return
    calls = free // PORTS_A_CALL
    found = f"{free} of {high - low + 1} ports {low}-{high} on {config.media_address} are free: {calls} calls"
    if free >= PORTS_A_CALL:
        yield ok("RTP ports", found)
    else:
        yield problem("RTP ports", found, "set another range in media.rtp_ports, or stop what holds these")


def _is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def check_address(config: Config) -> Iterator[Finding]:
    if config.sip.address.startswith("127."):
        yield limit(
            "reach",
            f"sip.address is {config.sip.address}",
            "only phones on this machine reach the service",
            "set sip.address to an address that phones reach, and name them in peers and next_hops",
        )
    else:
        yield ok("reach", f"phones reach {config.sip.address}:{config.sip.port}")
