"""One call with everything real but the SIP stack and the pool: their places are taken by recorders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from ims_avatar.call import AvatarCall, CallSite
from ims_avatar.call.avatar_call import CallHooks
from ims_avatar.clock import ManualClock
from ims_avatar.config import Config, RuleConfig
from ims_avatar.flow import Address
from ims_avatar.inference.client import OnAccessUnit, OnAttached, OnEnded, PoolClient
from ims_avatar.inference.protocol import StreamSpec
from ims_avatar.rtp.ports import PortPool
from ims_avatar.signalling import sdp
from ims_avatar.signalling.port import Headers, IncomingCall, OfferAnswerer, OutgoingCall
from ims_avatar.signalling.sdp import SessionDescription

Command = tuple[object, ...]


@dataclass(eq=False)
class RecordedLeg:
    """Implements `port.SipLeg`; `take` gives and forgets what it was told."""

    name: str
    owns_call_id: bool
    commands: list[Command] = field(default_factory=list)
    answerer: OfferAnswerer | None = None
    standing_offer: SessionDescription | None = None

    def take(self) -> list[Command]:
        taken, self.commands = self.commands, []
        return taken

    def provisional(self, status: int, sdp: SessionDescription | None = None, headers: Headers = ()) -> None:
        self.commands.append(("provisional", status, sdp))

    def answer(self, sdp: SessionDescription | None, headers: Headers = ()) -> None:
        self.commands.append(("answer", sdp))

    def reject(self, status: int, headers: Headers = (), reason: str = "") -> None:
        self.commands.append(("reject", status))

    def offer(self, sdp: SessionDescription) -> None:
        self.commands.append(("offer", sdp))

    def accept_offer(self, sdp: SessionDescription) -> None:
        self.commands.append(("accept_offer", sdp))

    def refuse_offer(self, status: int, headers: Headers = ()) -> None:
        self.commands.append(("refuse_offer", status))

    def prepare(self, answerer: OfferAnswerer, standing_offer: SessionDescription) -> None:
        self.answerer, self.standing_offer = answerer, standing_offer

    def send_info(self, content_type: str, body: str) -> None:
        self.commands.append(("info", content_type, body))

    def hang_up(self, status: int = 0, headers: Headers = ()) -> None:
        self.commands.append(("hang_up", status, headers))


class RecordedAgent:
    """Implements `port.UserAgent`."""

    capacity = 4
    address: Address = ("127.0.0.1", 6001)

    def __init__(self) -> None:
        self.placed: list[tuple[OutgoingCall, RecordedLeg]] = []

    def place(self, call: OutgoingCall) -> RecordedLeg:
        leg = RecordedLeg(f"out-{len(self.placed) + 1}", owns_call_id=True)
        self.placed.append((call, leg))
        return leg

    def stop(self) -> None:
        pass


class RecordedPool(PoolClient):
    """Never connected."""

    def __init__(self) -> None:
        super().__init__("ipc://nowhere")
        self.attached: dict[int, StreamSpec] = {}
        self.ends: dict[int, OnEnded] = {}
        self.keyframes: list[int] = []

    def attach(
        self, spec: StreamSpec, on_access_unit: OnAccessUnit, on_ended: OnEnded, on_attached: OnAttached | None = None
    ) -> int:
        stream = super().attach(spec, on_access_unit, on_ended, on_attached)
        self.attached[stream], self.ends[stream] = spec, on_ended
        return stream

    def detach(self, stream: int) -> None:
        super().detach(stream)
        self.attached.pop(stream, None)

    def request_keyframe(self, stream: int) -> None:
        self.keyframes.append(stream)


class CallUnderTest:
    """A call of `sip:alice` to `sip:bob` at 127.0.0.1:5070 under one rule."""

    def __init__(self, rule: RuleConfig | None = None, offer: str | None = "", **invite: object) -> None:
        self.clock = ManualClock(1000.0)
        self.agent = RecordedAgent()
        self.pool = RecordedPool()
        self.finished: list[AvatarCall] = []
        config = Config(rules=[rule] if rule else [])
        session_ids = iter(range(1, 100))
        self.site = CallSite(
            config=config,
            own_addresses=frozenset({("127.0.0.1", 5060)}),
            user_agent=self.agent,
            pool=self.pool,
            ports=PortPool("127.0.0.1", config.media.rtp_ports, self.clock),
            clock=self.clock,
            random=lambda: 0.5,
            session_ids=lambda: next(session_ids),
        )
        self.caller = RecordedLeg("in-1", owns_call_id=False)
        self.incoming = IncomingCall(
            leg=self.caller,
            request_uri=str(invite.get("request_uri", "sip:bob@127.0.0.1:5070")),
            from_='"Alice" <sip:alice@127.0.0.9>;tag=secret',
            to="<sip:bob@127.0.0.1>",
            headers=(("Call-ID", "c1"), ("P-Asserted-Identity", "<sip:alice@home>")),
            offer=None if offer is None else sdp.parse(offer or AUDIO),
            source=("127.0.0.9", 5070),
        )
        self.call: AvatarCall = AvatarCall(
            self.site, self.incoming, CallHooks(lambda leg, call: None, self.finished.append), "call-1"
        )
        self.call.start()

    @property
    def invite(self) -> OutgoingCall:
        return self.agent.placed[-1][0]

    @property
    def callee(self) -> RecordedLeg:
        return self.agent.placed[-1][1]

    @property
    def specs(self) -> list[StreamSpec]:
        return list(self.pool.attached.values())

    async def later(self, seconds: float) -> None:
        """What is due by then happens; only turns of the loop pass for real."""
        self.clock.advance(seconds)
        self.call._on_timer()


AUDIO = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
    "m=audio 10000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
ANSWER = AUDIO.replace("8 0 101", "8 101").replace("127.0.0.9", "127.0.0.1").replace("10000", "12000")
VIDEO = (
    "m=video 10002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42e01f;packetization-mode=1\r\n"
)


@pytest.fixture
async def make_call() -> AsyncIterator[Callable[..., CallUnderTest]]:
    made: list[CallUnderTest] = []

    def make(*arguments: object, **named: object) -> CallUnderTest:
        made.append(CallUnderTest(*arguments, **named))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for test in made:
        test.call.abandon()
