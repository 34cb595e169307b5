from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from ims_avatar.clock import SystemClock
from ims_avatar.phone.call import PhoneCall
from ims_avatar.phone.media import PhoneMedia
from ims_avatar.phone.plan import CallPlan
from ims_avatar.phone.recording import read_state, write_state
from ims_avatar.rtp.ports import PortPool
from ims_avatar.signalling.port import (
    Answered,
    Confirmed,
    Ended,
    Headers,
    IncomingCall,
    InfoReceived,
    OfferAnswerer,
    OfferReceived,
    Progress,
    SipLeg,
)
from ims_avatar.signalling.profiles import PeerProfile
from ims_avatar.signalling.sdp import SessionDescription, parse

SOUND = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
PICTURE = (
    "m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    "a=fmtp:99 packetization-mode=1;profile-level-id=42e01f\r\na=sendonly\r\n"
)


@dataclass
class FakeLeg:
    """Writes down what the phone asks for."""

    name: str = "leg"
    owns_call_id: bool = False
    done: list[tuple[str, object]] = field(default_factory=list)
    answerer: OfferAnswerer | None = None

    def provisional(self, status: int, sdp: SessionDescription | None = None, headers: Headers = ()) -> None:
        self.done.append(("provisional", status))

    def answer(self, sdp: SessionDescription | None, headers: Headers = ()) -> None:
        self.done.append(("answer", sdp))

    def reject(self, status: int, headers: Headers = (), reason: str = "") -> None:
        self.done.append(("reject", status))

    def offer(self, sdp: SessionDescription) -> None:
        self.done.append(("offer", sdp))

    def accept_offer(self, sdp: SessionDescription) -> None:
        self.done.append(("accept", sdp))

    def refuse_offer(self, status: int, headers: Headers = ()) -> None:
        self.done.append(("refuse", status))

    def prepare(self, answerer: OfferAnswerer, standing_offer: SessionDescription) -> None:
        self.answerer = answerer

    def send_info(self, content_type: str, body: str) -> None:
        self.done.append(("info", body))

    def hang_up(self, status: int = 0, headers: Headers = ()) -> None:
        self.done.append(("hang up", status))

    def last(self, what: str) -> object:
        return next(value for name, value in reversed(self.done) if name == what)


class Bench:
    """Phone calls on free ports, closed at the end."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._ports = PortPool("127.0.0.1", (40_000, 59_999), self._clock)
        self._made: list[PhoneCall] = []

    def call(self, **plan: object) -> PhoneCall:
        made = CallPlan(**plan)  # type: ignore[arg-type]
        media = PhoneMedia(made, self._ports, self._clock)
        self._made.append(PhoneCall(made, media, PeerProfile(description="test"), "127.0.0.1", self._clock))
        return self._made[-1]

    def taken(self, leg: SipLeg, offer: str = SOUND, **plan: object) -> PhoneCall:
        """A call that was answered at once."""
        call = self.call(**plan)
        uri = "sip:bob@127.0.0.1"
        call.take(IncomingCall(leg, uri, "<sip:a@b>;tag=1", f"<{uri}>", (), parse(offer), ("127.0.0.1", 5060)))
        call._answer(IncomingCall(leg, uri, "", "", (), parse(offer), ("127.0.0.1", 5060)))
        call.handle(Confirmed(leg))
        return call

    def close(self) -> None:
        for call in self._made:
            call._stop_timers()
            call.media.close()
        self._ports.close()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.close()


async def test_it_rings_answers_and_says_so(bench: Bench) -> None:
    leg = FakeLeg()
    call = bench.taken(leg)
    assert leg.done[0] == ("provisional", 180)
    answer = leg.last("answer")
    assert isinstance(answer, SessionDescription) and answer.media[0].payload_types[0] == 0
    report = call.report()
    assert report.answered and report.status == 200 and report.uri == "sip:bob@127.0.0.1"


async def test_added_video_is_taken_as_a_viewer(bench: Bench) -> None:
    leg = FakeLeg()
    call = bench.taken(leg)
    call.handle(OfferReceived(leg, parse(SOUND + PICTURE)))
    answer = leg.last("accept")
    assert isinstance(answer, SessionDescription)
    assert answer.media[1].port and answer.media[1].direction == "recvonly"
    picture = call.report().picture
    assert picture is not None and picture.added_by == "re-INVITE" and picture.pictures_received == 0


async def test_video_is_refused_in_place(bench: Bench) -> None:
    leg = FakeLeg()
    call = bench.taken(leg, video="refuse")
    call.handle(OfferReceived(leg, parse(SOUND + PICTURE)))
    answer = leg.last("accept")
    assert isinstance(answer, SessionDescription) and [m.rejected for m in answer.media] == [False, True]
    assert call.report().video_offers_refused == 1 and call.report().picture is None


async def test_the_whole_offer_is_refused_with_488_and_a_hold_is_not(bench: Bench) -> None:
    leg = FakeLeg()
    call = bench.taken(leg, video="488")
    call.handle(OfferReceived(leg, parse(SOUND + PICTURE)))
    assert leg.last("refuse") == 488 and call.report().video_offers_refused == 1
    call.handle(OfferReceived(leg, parse(SOUND + "a=sendonly\r\n")))
    assert isinstance(leg.last("accept"), SessionDescription)


async def test_an_update_is_answered_at_once_as_a_reinvite_would(bench: Bench) -> None:
    leg = FakeLeg()
    bench.taken(leg)
    assert leg.answerer is not None
    answer = leg.answerer(parse(SOUND + PICTURE))
    assert answer is not None and answer.media[1].direction == "recvonly"
    assert (
        leg.answerer(parse(SOUND.replace("AVP 0 101", "AVP 18").replace("a=rtpmap:101 telephone-event/8000\r\n", "")))
        is None
    )


async def test_an_offer_without_a_common_codec_is_refused_with_488(bench: Bench) -> None:
    leg = FakeLeg()
    bench.taken(leg, SOUND.replace("AVP 0 101", "AVP 18").replace("a=rtpmap:101 telephone-event/8000\r\n", ""))
    assert leg.last("reject") == 488


async def test_a_placed_call_says_how_it_went(bench: Bench) -> None:
    leg = FakeLeg(owns_call_id=True)
    call = bench.call(seconds=5.0)
    assert [m.media for m in call.offer().media] == ["audio"]
    call.placed(leg, "sip:bob@127.0.0.1")
    call.handle(Progress(leg, 180))
    call.handle(Answered(leg, parse(SOUND)))
    call.handle(Confirmed(leg))
    call.hang_up()
    call.hang_up()
    assert [name for name, _ in leg.done] == ["hang up"]
    call.handle(Ended(leg, 200))
    report = call.report()
    assert call.ended.is_set() and report.ended_by == "us" and report.rang_after_s is not None


async def test_a_call_that_nobody_took_keeps_its_status(bench: Bench) -> None:
    leg = FakeLeg(owns_call_id=True)
    call = bench.call()
    call.offer()
    call.placed(leg, "sip:bob@127.0.0.1")
    call.handle(Ended(leg, 486))
    report = call.report()
    assert (report.answered, report.status, report.ended_by) == (False, 486, "far end")


async def test_who_offers_to_watch_offers_video(bench: Bench) -> None:
    offer = bench.call(offer_video=True).offer()
    assert [m.media for m in offer.media] == ["audio", "video"] and offer.media[1].direction == "recvonly"


async def test_keys_sent_by_info_are_heard_too(bench: Bench) -> None:
    leg = FakeLeg()
    call = bench.taken(leg)
    call.handle(InfoReceived(leg, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"))
    call.handle(InfoReceived(leg, "application/dtmf", "#"))
    call.handle(InfoReceived(leg, "application/media_control+xml", "<x/>"))
    assert call.report().digits_received == "5#"


async def test_a_refused_call_is_not_answered(bench: Bench) -> None:
    leg = FakeLeg()
    call = bench.call(reject=486)
    call.take(IncomingCall(leg, "sip:bob@x", "", "", (), parse(SOUND), ("127.0.0.1", 5060)))
    assert leg.done == [("reject", 486)]


async def test_what_was_received_comes_back_from_the_file(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("raw")
    write_state(folder, 3, bench.taken(FakeLeg(), keep=True))
    recording = read_state(folder, 3)
    assert recording.pictures == () and len(recording.sound) == 0 and recording.answered_at > 0
