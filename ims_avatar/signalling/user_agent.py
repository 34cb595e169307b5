"""The SIP stack of a process: pjsua2, for signalling only, on one thread of its own.

Rules that keep it alive, each of which was a crash: no pj object is touched, created or garbage-collected on another
thread (so automatic collection is off in the whole process and this thread collects); nothing waits inside a callback;
a finished Call is destroyed at once; no SDP reaches pjsip that `sdp.parse` has not passed.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import gc
import itertools
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import pjsua2 as pj
import structlog

from ims_avatar.errors import BadRequest, ConfigError, SignallingError
from ims_avatar.flow import Address
from ims_avatar.signalling import sdp, sip_message
from ims_avatar.signalling.passthrough_codecs import PassthroughCodecs
from ims_avatar.signalling.pj_call import PjCall
from ims_avatar.signalling.pj_config import (
    UserAgentSettings,
    account_config,
    endpoint_config,
    open_transports,
    set_timers,
)
from ims_avatar.signalling.pj_leg import PjLeg
from ims_avatar.signalling.pj_log import LogWriter
from ims_avatar.signalling.pj_native import apply_settings, shared_library
from ims_avatar.signalling.port import DialogTimers, Ended, EventHandler, IncomingCall, OutgoingCall, SipEvent
from ims_avatar.signalling.request_watch import RequestWatch
from ims_avatar.signalling.sdp import SessionDescription
from ims_avatar.signalling.sip_message import SipMessage
from ims_avatar.signalling.stack_facts import parse_settings
from ims_avatar.signalling.via import parse_via

__all__ = ["PjUserAgent", "UserAgentSettings"]

log = structlog.get_logger()

_POLL_MS: Final = 10
_COLLECT_EVERY: Final = 500
"""Rounds of the SIP thread between two garbage collections: some seconds."""
_START_TIMEOUT_S: Final = 20.0
_STOP_TIMEOUT_S: Final = 5.0
_CLOSING_ROUNDS: Final = 50
"""How long the last BYEs may wait for their answers: half a second."""


class PjUserAgent:
    """Implements `port.UserAgent`. Make one per process; `handler` is called on `loop`."""

    def __init__(self, settings: UserAgentSettings, handler: EventHandler, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._handler = handler
        self._loop = loop
        self._commands: collections.deque[Callable[[], None]] = collections.deque()
        self._numbers = itertools.count(1)
        self._ready = threading.Event()
        self._failure: str | None = None
        self._stopping = False
        self._capacity = 0
        self._message_size = 0
        self._address: Address = (settings.address, settings.port)
        self._wake = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._legs: set[PjLeg] = set()
        self.account: Any = None
        self._account_config: Any = None
        self._outgoing: Any = None
        self._outgoing_config: Any = None
        self._incoming_timers: DialogTimers | None = None
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)

    def start(self) -> None:
        """Blocks until the stack listens. Raises `ConfigError` (port in use) or `SignallingError`."""
        self._thread.start()
        if not self._ready.wait(_START_TIMEOUT_S):
            raise SignallingError("the SIP stack does not start")
        if self._failure:
            raise ConfigError(
                f"SIP stack on {self._settings.address}:{self._settings.port}: {self._failure}",
                remedy="free the port, or choose another in sip.worker_ports; the address must be one of this machine",
            )

    @property
    def capacity(self) -> int:
        return self._capacity

    @property
    def message_size(self) -> int:
        """Bytes of the longest message that this build takes (PJSIP_MAX_PKT_LEN)."""
        return self._message_size

    @property
    def address(self) -> Address:
        return self._address

    def place(self, call: OutgoingCall) -> PjLeg:
        leg = PjLeg(self, self._leg_name("out"), owns_call_id=True)
        self.run(lambda: self._place(leg, call))
        return leg

    def stop(self) -> None:
        self._stopping = True
        self._kick()
        self._thread.join(_STOP_TIMEOUT_S)
        self._wake.close()

    # LegHost ----------------------------------------------------------------------------------------------------------

    @property
    def request_sdp(self) -> bytes:
        return self._watch.sdp

    def run(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        if threading.current_thread() is not self._thread:
            self._kick()

    def emit(self, event: SipEvent) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._handler, event)
        if isinstance(event, Ended):
            self._legs.discard(event.leg)

    def learn(self, description: SessionDescription) -> None:
        self._codecs.learn(description)

    def account_for(self, call: OutgoingCall) -> Any:
        """pjsua2 takes route set and timers from an account; `modify` takes 0.2 ms and holds for the next call."""
        config = self._outgoing_config
        proxies = pj.StringVector()
        for uri in call.routes:
            proxies.push_back(uri)
        config.sipConfig.proxies = proxies
        set_timers(config, call.timers)
        self._outgoing.modify(config)
        return self._outgoing

    # The SIP thread ---------------------------------------------------------------------------------------------------

    def _kick(self) -> None:
        """Ends the wait in libHandleEvents: pjsip takes an empty line for a keep-alive (RFC 5626 4.4.1)."""
        with contextlib.suppress(OSError):  # the thread looks by itself every _POLL_MS
            self._wake.sendto(b"\r\n", self._address)

    def _leg_name(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def _run(self) -> None:
        gc.disable()
        try:
            endpoint = self._open()
        except pj.Error as error:
            self._failure = f"{error.reason} ({error.title})"
            with contextlib.suppress(pj.Error):  # here: its destructor on another thread would abort the process
                self._endpoint.libDestroy()
            self._ready.set()
            return
        # What lives by now lives on: without it a collection walks a few hundred objects instead of all modules, which
        # would hold the interpreter, and with it the media loop, for tens of milliseconds.
        gc.collect()
        gc.freeze()
        self._ready.set()
        self._loop_until_stopped(endpoint)
        self._close(endpoint)

    def _loop_until_stopped(self, endpoint: Any) -> None:
        rounds = 0
        while not self._stopping:
            endpoint.libHandleEvents(_POLL_MS)
            self._run_commands()
            rounds += 1
            if rounds % _COLLECT_EVERY == 0:
                gc.collect()

    def _run_commands(self) -> None:
        for _ in range(len(self._commands)):
            command = self._commands.popleft()
            try:
                command()
            except Exception:  # outermost loop of the thread: one leg's fault must not end the others
                log.exception("command failed on the SIP thread")

    def _open(self) -> Any:
        if not apply_settings():
            log.info("this pjsip build keeps its own timeout and TCP settings")
        endpoint = self._endpoint = _Endpoint(self._on_select_account)
        shared_library().pj_log_set_level(0)  # until our writer is in place, pjsip would write to standard output
        endpoint.libCreate()
        self._log_writer = LogWriter(self._settings.on_message)
        endpoint.libInit(endpoint_config(self._settings, self._log_writer))
        self._message_size = self._ask_message_size()
        self._watch = RequestWatch()
        self._codecs = PassthroughCodecs()
        self._codecs.register()
        self._address = open_transports(endpoint, self._settings)
        # setNoDev would leak conference ports (488 from call 127): no clock runs their removal.
        endpoint.audDevManager().setNullDev()
        endpoint.libStart()
        for codec in endpoint.codecEnum2():
            endpoint.codecSetPriority(codec.codecId, 200)
        self._capacity = int(shared_library().pjsua_call_get_max_count())
        self._account_config = account_config(self._settings, self._address)
        self.account = _Account(self._on_incoming)
        self.account.create(self._account_config, True)
        self._outgoing_config = account_config(self._settings, self._address)
        self._outgoing = _Account(self._on_incoming)
        self._outgoing.create(self._outgoing_config)
        return endpoint

    def _ask_message_size(self) -> int:
        """PJSIP tells its limits in its log only."""
        self._log_writer.listened = []
        shared_library().pjsip_dump_config()
        told = parse_settings("\n".join(self._log_writer.listened))
        self._log_writer.listened = None
        if self._settings.on_message is None:
            # Level 3 names the two ends of every call.
            shared_library().pj_log_set_level(_LOG_LEVEL)
        return told.get("PJSIP_MAX_PKT_LEN", _USUAL_MESSAGE_SIZE)

    def _close(self, endpoint: Any) -> None:
        """Every Call must be gone before libDestroy: the destructor of a later one asserts."""
        for leg in tuple(self._legs):
            leg.hang_up(503)
        self._run_commands()
        for _ in range(_CLOSING_ROUNDS):
            endpoint.libHandleEvents(_POLL_MS)
            self._run_commands()
            if not self._legs:
                break
        for leg in tuple(self._legs):
            leg.abandon()
        self._run_commands()
        self.account.shutdown()
        self._outgoing.shutdown()
        endpoint.libDestroy()

    # Calls ------------------------------------------------------------------------------------------------------------

    def _place(self, leg: PjLeg, call: OutgoingCall) -> None:
        if self._stopping:
            self.emit(Ended(leg, 503))
            return
        pj_call = PjCall(leg, self, self.account_for(call))
        self._legs.add(leg)
        try:
            pj_call.place(call)
        except pj.Error as error:
            log.warning("call cannot be placed", leg=leg.name, cause=error.title, status=error.status)
            leg.call = None
            self.emit(Ended(leg, _STATUS_OF.get(error.status, 500)))
            pj.Call.__swig_destroy__(pj_call)

    def _on_select_account(self, rdata: Any) -> None:
        """An INVITE, before pjsua looks at it: what it must know by then. Whoever may not call is refused later."""
        try:
            invite = sip_message.parse(rdata.wholeMsg.encode("utf-8", "surrogateescape"))
            if invite.method != "INVITE":
                return
            timers = self._settings.timers_of(self._caller(invite, _source(rdata.srcAddress)))
            if timers != self._incoming_timers:
                self._incoming_timers = timers
                set_timers(self._account_config, timers)
                self.account.modify(self._account_config)
            if invite.body:
                self._codecs.learn(sdp.parse(invite.body))
        except BadRequest:
            return  # `_on_incoming` says so

    def _on_incoming(self, prm: Any) -> None:
        leg = PjLeg(self, self._leg_name("in"), owns_call_id=False)
        call = PjCall(leg, self, self.account, prm.callId)
        self._legs.add(leg)
        source = _source(prm.rdata.srcAddress)
        if self._settings.trusted is not None and source not in self._settings.trusted:
            log.warning("INVITE that did not come through the front refused", leg=leg.name)
            leg.reject(403)  # not within this callback: pjsua2 still holds the request
            return
        try:
            self._deliver(leg, call, sip_message.parse(prm.rdata.wholeMsg.encode("utf-8", "surrogateescape")), source)
        except BadRequest as error:
            log.info("INVITE refused", leg=leg.name, cause=str(error))
            leg.reject(400)

    def _deliver(self, leg: PjLeg, call: PjCall, invite: SipMessage, source: Address) -> None:
        offer = sdp.parse(invite.body) if invite.body else None
        if offer is None:
            call.expect_late_offer()
        self.emit(
            IncomingCall(
                leg=leg,
                request_uri=invite.uri,
                from_=invite.get("From") or "",
                to=invite.get("To") or "",
                headers=invite.headers,
                offer=offer,
                source=self._caller(invite, source),
            )
        )

    def _caller(self, invite: SipMessage, source: Address) -> Address:
        """Behind the front (trusted) the second Via is the caller's, with what the front saw (RFC 3581)."""
        vias = invite.items("Via")
        if self._settings.trusted is None or len(vias) < 2:
            return source
        return parse_via(vias[1]).reply_address


_USUAL_MESSAGE_SIZE: Final = 4000
_LOG_LEVEL: Final = 2
"""Of pjsip: errors and warnings."""
_TOO_MANY: Final = 70010
"""PJ_ETOOMANY."""
_TOO_LONG: Final = 171023
"""PJSIP_EMSGTOOLONG."""
_STATUS_OF: Final = {_TOO_MANY: 503, _TOO_LONG: 513}


def _source(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class _Endpoint(pj.Endpoint):  # type: ignore[misc]
    def __init__(self, on_select_account: Callable[[Any], None]) -> None:
        super().__init__()
        self._on_select_account = on_select_account

    def onSelectAccount(self, prm: Any) -> None:
        self._on_select_account(prm.rdata)


class _Account(pj.Account):  # type: ignore[misc]
    def __init__(self, on_incoming: Callable[[Any], None]) -> None:
        super().__init__()
        self._on_incoming = on_incoming

    def onIncomingCall(self, prm: Any) -> None:
        self._on_incoming(prm)
