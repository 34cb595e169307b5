"""How pjsua2 is set up: signalling only, one thread, nothing that it does on its own account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pjsua2 as pj

from ims_avatar.flow import Address
from ims_avatar.signalling.message_trace import OnMessage
from ims_avatar.signalling.port import DialogTimers

_MOST_LEGS: Final = 1024
_TIMER_USE: Final = {
    "off": pj.PJSUA_SIP_TIMER_INACTIVE,
    "optional": pj.PJSUA_SIP_TIMER_OPTIONAL,
    "required": pj.PJSUA_SIP_TIMER_REQUIRED,
}
_RELIABLE_USE: Final = {
    "off": pj.PJSUA_100REL_NOT_USED,
    "optional": pj.PJSUA_100REL_NOT_USED,
    "required": pj.PJSUA_100REL_MANDATORY,
}
"""pjsip supports 100rel in any case; its OPTIONAL would send every 180 reliably."""


TimersOf: TypeAlias = Callable[[Address], DialogTimers]


@dataclass(frozen=True, slots=True)
class UserAgentSettings:
    address: str
    """IP address of Contact and Via, and to listen on."""
    port: int = 0
    """UDP and TCP; 0 takes a free one."""
    trusted: frozenset[Address] | None = None
    """Sources of initial INVITEs: the front. None: everybody (a phone)."""
    name: str = "ims-avatar"
    """User part of the Contact, and User-Agent."""
    on_message: OnMessage | None = None
    """Gets every SIP message; for our own phones, which show them."""
    timers_of: TimersOf = lambda caller: DialogTimers()
    """For an INVITE of this caller. Runs on the SIP thread: quick, and raises nothing."""


def endpoint_config(settings: UserAgentSettings, writer: Any) -> Any:
    config = pj.EpConfig()
    traced = settings.on_message is not None
    config.logConfig.level = config.logConfig.consoleLevel = 4 if traced else 3
    config.logConfig.msgLogging = int(traced)
    config.logConfig.writer = writer
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = _MOST_LEGS
    config.uaConfig.userAgent = settings.name
    config.medConfig.noVad = True
    config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
    config.medConfig.threadCnt = 1
    return config


def open_transports(endpoint: Any, settings: UserAgentSettings) -> Address:
    """UDP first; TCP (for next hops that want it) on the same port when it is free, else on another."""
    transport = pj.TransportConfig()
    transport.boundAddress = transport.publicAddress = settings.address
    transport.port = settings.port
    udp = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    name = endpoint.transportGetInfo(udp).localName
    address = (settings.address, int(name.rpartition(":")[2]))
    for port in (address[1], 0):
        transport.port = port
        try:
            endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, transport)
        except pj.Error:
            continue
        break
    return address


def account_config(settings: UserAgentSettings, address: Address) -> Any:
    config = pj.AccountConfig()
    host, port = address
    config.idUri = f"<sip:{settings.name}@{host}:{port}>"
    config.mediaConfig.useLoopMedTp = True
    config.mediaConfig.lockCodecEnabled = False
    config.mediaConfig.transportConfig.boundAddress = host
    config.mediaConfig.transportConfig.publicAddress = host
    config.callConfig.prackUse = pj.PJSUA_100REL_NOT_USED
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.natConfig.contactRewriteUse = 0
    config.natConfig.sipOutboundUse = 0
    config.natConfig.viaRewriteUse = 0
    config.natConfig.sdpNatRewriteUse = 0
    return config


def set_timers(config: Any, timers: DialogTimers) -> None:
    """On an account's configuration: for the calls that begin with it from now on."""
    config.callConfig.timerUse = _TIMER_USE[timers.session_timer]
    config.callConfig.timerSessExpiresSec = timers.session_expires_s
    config.callConfig.timerMinSESec = timers.min_se_s
    config.callConfig.prackUse = _RELIABLE_USE[timers.reliable_provisional]
