"""The device: one SIP stack, the calls on it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from ims_avatar.clock import Clock, SystemClock
from ims_avatar.errors import ConfigError, ImsAvatarError
from ims_avatar.flow import Address
from ims_avatar.phone.call import PhoneCall
from ims_avatar.phone.media import PhoneMedia
from ims_avatar.phone.plan import CallPlan
from ims_avatar.rtp.ports import PortPool
from ims_avatar.signalling.message_trace import OnMessage
from ims_avatar.signalling.port import IncomingCall, OutgoingCall, SipEvent, SipLeg
from ims_avatar.signalling.profiles import PeerProfile
from ims_avatar.signalling.user_agent import PjUserAgent, UserAgentSettings

BUSY = 486


_SIP_URI = re.compile(
    r"sip:([A-Za-z0-9_.!~*'()&=+$,;?/%-]+@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(;[^\s<>\"]*)?"
)


def check_uri(uri: str) -> None:
    """Raises `ConfigError` when it is not one that can be dialled (RFC 3261 19.1.1)."""
    if not _SIP_URI.fullmatch(uri):
        raise ConfigError(f"{uri!r} is no SIP URI that can be dialled", remedy="write e.g. sip:bob@192.0.2.20:5060")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    address: str = "127.0.0.1"
    """For SIP and RTP."""
    sip_port: int = 0
    """0 takes a free one."""
    rtp_ports: tuple[int, int] = (30_000, 39_999)
    user: str = "phone"
    """User part of our address."""
    calls: int = 1
    """Calls taken at once; further ones are refused with 486."""
    on_message: OnMessage | None = None
    """Gets every SIP message."""


class Phone:
    """Make, use and stop it on the running loop."""

    def __init__(self, settings: PhoneSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._ports = PortPool(settings.address, settings.rtp_ports, self._clock)
        self._profile = PeerProfile(description="ims-avatar test phone")
        self._calls: dict[SipLeg, PhoneCall] = {}
        self._arrived: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._plan_for: Callable[[IncomingCall], CallPlan] | None = None
        agent = UserAgentSettings(
            address=settings.address, port=settings.sip_port, name=settings.user, on_message=settings.on_message
        )
        self._agent = PjUserAgent(agent, self._on_event, asyncio.get_running_loop())

    def start(self) -> None:
        """Raises `ConfigError` when the port is in use."""
        self._agent.start()

    @property
    def sip_address(self) -> Address:
        return self._agent.address

    @property
    def capacity(self) -> int:
        """Calls that this phone can have at once; the SIP stack's build decides."""
        return self._agent.capacity

    def take_calls(self, plan_for: Callable[[IncomingCall], CallPlan]) -> None:
        """Take calls from now on; `plan_for` says what to do in each."""
        self._plan_for = plan_for

    async def next_call(self) -> PhoneCall:
        """The next call that was taken."""
        return await self._arrived.get()

    def place(self, uri: str, plan: CallPlan, via: str | None = None) -> PhoneCall:
        """Call `uri`, through the proxy at the SIP URI `via` if one is given.

        Raises `ConfigError` for what is no SIP URI, `NoFreePort`, `AudioFileError`.
        """
        check_uri(uri)
        check_uri(via or uri)
        call = self._new_call(plan)
        host, port = self.sip_address
        outgoing = OutgoingCall(
            request_uri=uri,
            to=f"<{uri}>",
            from_=f"<sip:{self._settings.user}@{host}:{port}>",
            offer=call.offer(),
            routes=(f"{via};lr",) if via else (),
        )
        leg = self._agent.place(outgoing)
        self._calls[leg] = call
        call.placed(leg, uri)
        return call

    def stop(self) -> None:
        """Ends what still runs. Takes up to a second."""
        for call in self._calls.values():
            call.media.close()
        self._agent.stop()
        self._ports.close()

    def _new_call(self, plan: CallPlan) -> PhoneCall:
        media = PhoneMedia(plan, self._ports, self._clock)
        return PhoneCall(plan, media, self._profile, self._settings.address, self._clock)

    def _on_event(self, event: SipEvent) -> None:
        if isinstance(event, IncomingCall):
            self._on_incoming(event)
        elif (call := self._calls.get(event.leg)) is not None:
            call.handle(event)

    def _on_incoming(self, event: IncomingCall) -> None:
        running = sum(not call.ended.is_set() for call in self._calls.values())
        if self._plan_for is None or running >= self._settings.calls:
            event.leg.reject(BUSY)
            return
        try:
            call = self._new_call(self._plan_for(event))
        except ImsAvatarError as error:
            event.leg.reject(error.sip_status)
            return
        self._calls[event.leg] = call
        call.take(event)
        self._arrived.put_nowait(call)
