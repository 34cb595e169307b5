"""Every event of one leg, and what the other leg must be told. Time is a number here; nobody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ims_avatar.signalling.b2bua import EXCHANGE_TIMEOUT_S, Session, SessionSettings, SideSettings, glare_delay
from ims_avatar.signalling.causes import Cause
from ims_avatar.signalling.dialog import DialogState, Exchange, Side, Video
from ims_avatar.signalling.session_events import (
    AcceptOffer,
    Action,
    AnswerCaller,
    CalleeAnswered,
    CalleeProgress,
    DialogConfirmed,
    EndLeg,
    EndSession,
    Finished,
    LegEnded,
    MediaChanged,
    OfferAccepted,
    OfferArrived,
    OfferCancelled,
    OfferDeclined,
    PlaceCallee,
    ProgressToCaller,
    RefuseOffer,
    SendOffer,
    SessionEvent,
    VideoSettled,
)

VIEWER = SideSettings(wants_video=True)
BLIND = SideSettings()
CALLEE_SEES = SessionSettings(caller=BLIND, callee=VIEWER)
BOTH_SEE = SessionSettings(caller=VIEWER, callee=VIEWER)
NOBODY_SEES = SessionSettings()


def sees(side: Side) -> SessionSettings:
    return SessionSettings(caller=VIEWER) if side == "caller" else SessionSettings(callee=VIEWER)


class Driver:
    """A session with a clock that is moved by hand."""

    def __init__(self, settings: SessionSettings = NOBODY_SEES, random: Callable[[], float] = lambda: 0.5) -> None:
        self.session = Session(settings, random)
        self.now = 100.0
        self.started = self.session.start(self.now)

    def tell(self, *events: SessionEvent) -> list[Action]:
        return [action for event in events for action in self.session.handle(event, self.now)]

    def wait(self, seconds: float) -> list[Action]:
        """Time passes; ticks come when the session asked for them."""
        end, actions = self.now + seconds, list[Action]()
        while (deadline := self.session.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            actions += self.session.tick(self.now)
        self.now = end
        return actions

    def video(self, side: Side) -> Video:
        return self.session.leg(side).video


def up(
    settings: SessionSettings = NOBODY_SEES, random: Callable[[], float] = lambda: 0.5
) -> tuple[Driver, list[Action]]:
    """A call that was answered and confirmed on both sides; with what that set off."""
    driver = Driver(settings, random)
    actions = driver.tell(CalleeAnswered(), DialogConfirmed("callee"), DialogConfirmed("caller"))
    assert actions[0] == AnswerCaller()
    return driver, actions[1:]


# Setting up -----------------------------------------------------------------------------------------------------------


def test_a_call_rings_is_answered_and_confirmed() -> None:
    driver = Driver()
    assert driver.started == [PlaceCallee()]
    assert driver.tell(CalleeProgress(180, media=False)) == [ProgressToCaller(180, media=False)]
    assert driver.tell(CalleeProgress(183, media=True)) == [ProgressToCaller(183, media=True)]
    assert driver.tell(CalleeAnswered()) == [AnswerCaller()]
    assert driver.tell(DialogConfirmed("callee"), DialogConfirmed("caller")) == []
    assert driver.session.up


@pytest.mark.parametrize(
    ("from_callee", "to_caller"),
    [
        (486, 486), (480, 480), (603, 603), (404, 404), (408, 408), (487, 487), (488, 488), (606, 606), (500, 500),
        (401, 403), (407, 403), (481, 480), (503, 500), (302, 480), (200, 480),
    ],
)  # fmt: skip
def test_a_refused_call_tells_the_caller_why(from_callee: int, to_caller: int) -> None:
    driver = Driver()
    (end,) = driver.tell(LegEnded("callee", Cause(from_callee, reasons=("Q.850;cause=17",))))
    assert isinstance(end, EndLeg)
    assert (end.side, end.cause.status) == ("caller", to_caller)
    assert ("Reason", "Q.850;cause=17") in end.cause.headers
    assert driver.tell(LegEnded("caller", Cause(to_caller))) == [Finished()]


def test_nobody_answers() -> None:
    driver = Driver(SessionSettings(answer_timeout_s=30.0))
    assert driver.wait(29.9) == []
    actions = driver.wait(0.2)
    assert [(type(a), a.side, a.cause.status) for a in actions if isinstance(a, EndLeg)] == [
        (EndLeg, "caller", 408),
        (EndLeg, "callee", 408),
    ]


def test_an_answered_call_has_no_answer_timeout() -> None:
    driver, _ = up(SessionSettings(answer_timeout_s=30.0))
    assert driver.session.deadline is None


# Ending: either side, any moment --------------------------------------------------------------------------------------

EARLY: tuple[SessionEvent, ...] = (CalleeProgress(180, media=False),)
ACCEPTED: tuple[SessionEvent, ...] = (CalleeAnswered(),)
HALF: tuple[SessionEvent, ...] = (CalleeAnswered(), DialogConfirmed("callee"))
UP: tuple[SessionEvent, ...] = (CalleeAnswered(), DialogConfirmed("callee"), DialogConfirmed("caller"))
OFFERED: tuple[SessionEvent, ...] = (*UP, OfferArrived("caller", carry=True))


@pytest.mark.parametrize("before", [(), EARLY, ACCEPTED, HALF, UP, OFFERED])
@pytest.mark.parametrize("side", ["caller", "callee"])
@pytest.mark.parametrize("settings", [NOBODY_SEES, BOTH_SEE])
def test_when_one_leg_ends_the_other_ends_once(
    before: Sequence[SessionEvent], side: Side, settings: SessionSettings
) -> None:
    driver = Driver(settings)
    driver.tell(*before)
    other: Side = "callee" if side == "caller" else "caller"
    ended = [action for action in driver.tell(LegEnded(side, Cause(487))) if isinstance(action, EndLeg)]
    assert [action.side for action in ended] == [other]
    assert driver.tell(LegEnded(other, Cause(200))) == [Finished()]
    assert driver.session.over
    assert driver.session.deadline is None


@pytest.mark.parametrize("before", [(), EARLY, ACCEPTED, UP, OFFERED])
def test_both_ends_hang_up_at_once(before: Sequence[SessionEvent]) -> None:
    """BYE crosses BYE: each leg ended by itself; nothing is ended twice, everything is released once."""
    driver = Driver(CALLEE_SEES)
    driver.tell(*before)
    first = driver.tell(LegEnded("caller", Cause(200)))
    second = driver.tell(LegEnded("callee", Cause(200)))
    assert sum(isinstance(action, EndLeg) for action in first + second) == 1
    assert second == [Finished()]


def test_cancel_crosses_the_answer() -> None:
    """The callee's 200 was on its way when the caller cancelled: no answer to the caller, the stack sends BYE."""
    driver = Driver()
    assert driver.tell(LegEnded("caller", Cause(487))) == [EndLeg("callee", Cause(487))]
    assert driver.tell(CalleeAnswered(), DialogConfirmed("callee")) == []
    assert driver.tell(LegEnded("callee", Cause(200))) == [Finished()]


def test_progress_after_the_answer_or_after_the_end_is_not_passed_on() -> None:
    driver, _ = up()
    assert driver.tell(CalleeProgress(180, media=False)) == []
    driver = Driver()
    driver.tell(LegEnded("caller", Cause(487)))
    assert driver.tell(CalleeProgress(180, media=False)) == []


@pytest.mark.parametrize("before", [(), EARLY, ACCEPTED, UP, OFFERED])
def test_the_session_is_ended_from_inside(before: Sequence[SessionEvent]) -> None:
    """RTP inactivity, drain: both legs get the cause."""
    driver = Driver(CALLEE_SEES)
    driver.tell(*before)
    cause = Cause(408, "RTP inactivity")
    actions = driver.tell(EndSession(cause))
    assert [action for action in actions if isinstance(action, EndLeg)] == [
        EndLeg("caller", cause),
        EndLeg("callee", cause),
    ]
    assert driver.tell(EndSession(cause)) == []
    assert driver.tell(LegEnded("caller", cause), LegEnded("callee", cause)) == [Finished()]
    assert cause.headers == (("Reason", 'SIP;cause=408;text="RTP inactivity"'),)


# Adding video ---------------------------------------------------------------------------------------------------------


def test_video_is_added_after_the_answer() -> None:
    driver, actions = up(CALLEE_SEES)
    assert actions == [SendOffer("callee", video=True)]
    assert driver.tell(VideoSettled("callee", "active"), OfferAccepted("callee")) == []
    assert driver.video("callee") is Video.ACTIVE
    assert driver.wait(300) == []


def test_video_waits_for_the_configured_delay() -> None:
    settings = SessionSettings(callee=SideSettings(wants_video=True, reinvite_delay_s=1.5))
    driver, actions = up(settings)
    assert actions == []
    assert driver.wait(1.4) == []
    assert driver.wait(0.2) == [SendOffer("callee", video=True)]


def test_no_reinvite_where_the_profile_forbids_it() -> None:
    driver, actions = up(SessionSettings(callee=SideSettings(wants_video=True, by_reinvite=False)))
    assert actions == []
    assert driver.wait(60) == []


@pytest.mark.parametrize("side", ["caller", "callee"])
def test_video_in_the_first_exchange_needs_no_reinvite(side: Side) -> None:
    driver = Driver(sees(side))
    driver.tell(CalleeAnswered(), VideoSettled(side, "active"))
    assert driver.tell(DialogConfirmed("callee"), DialogConfirmed("caller")) == []
    assert driver.video(side) is Video.ACTIVE


def test_video_refused_in_the_first_exchange_is_not_asked_again() -> None:
    driver = Driver(CALLEE_SEES)
    driver.tell(VideoSettled("callee", "refused"), CalleeAnswered())
    assert driver.tell(DialogConfirmed("callee"), DialogConfirmed("caller")) == []


@pytest.mark.parametrize("status", [488, 415, 606, 403, 404, 408, 481, 500, 503, 603])
def test_video_refused_leaves_the_voice_and_is_not_retried(status: int) -> None:
    """408: nobody answered the re-INVITE; the voice lives on as long as RTP does (RFC 3261 14.1, 12.2.1.2)."""
    driver, _ = up(CALLEE_SEES)
    assert driver.tell(OfferDeclined("callee", status)) == []
    assert driver.video("callee") is Video.REFUSED
    assert driver.wait(600) == []
    assert driver.session.up


def test_port_zero_leaves_the_voice_and_is_not_retried() -> None:
    driver, _ = up(CALLEE_SEES)
    assert driver.tell(VideoSettled("callee", "refused"), OfferAccepted("callee")) == []
    assert driver.wait(600) == []
    assert driver.session.up


def test_a_report_that_the_stack_never_gives_is_mended() -> None:
    driver, _ = up(CALLEE_SEES)
    assert driver.wait(EXCHANGE_TIMEOUT_S + 1) == []
    assert driver.video("callee") is Video.REFUSED
    assert driver.session.leg("callee").exchange is Exchange.NONE


def test_both_sides_see_an_avatar_independently() -> None:
    driver, actions = up(BOTH_SEE)
    assert actions == [SendOffer("callee", video=True), SendOffer("caller", video=True)]
    driver.tell(OfferDeclined("caller", 488), VideoSettled("callee", "active"), OfferAccepted("callee"))
    assert (driver.video("caller"), driver.video("callee")) == (Video.REFUSED, Video.ACTIVE)


def test_far_end_removes_video_and_adds_it_again() -> None:
    driver, _ = up(CALLEE_SEES)
    driver.tell(VideoSettled("callee", "active"), OfferAccepted("callee"))
    assert driver.tell(OfferArrived("callee", carry=False)) == [AcceptOffer("callee")]
    assert driver.tell(VideoSettled("callee", "refused")) == []
    assert driver.wait(60) == []
    assert driver.tell(OfferArrived("callee", carry=False)) == [AcceptOffer("callee")]
    driver.tell(VideoSettled("callee", "active"))
    assert driver.video("callee") is Video.ACTIVE


# Glare (RFC 3261 14.1) ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "random", "delay"),
    [("callee", 0.0, 2.1), ("callee", 0.999999, 4.0), ("caller", 0.0, 0.0), ("caller", 0.5, 1.0)],
)
def test_glare_is_retried_after_the_timer_of_the_rfc(side: Side, random: float, delay: float) -> None:
    driver, _ = up(sees(side), lambda: random)
    actions = driver.tell(OfferDeclined(side, 491))
    if delay:
        assert actions == []
        assert driver.wait(delay - 0.02) == []
        actions = driver.wait(0.04)
    assert actions == [SendOffer(side, video=True)]
    assert driver.tell(VideoSettled(side, "active"), OfferAccepted(side)) == []


@pytest.mark.parametrize("owns", [True, False])
def test_glare_delays_are_in_the_range_and_in_steps_of_10_ms(owns: bool) -> None:
    low, high = (2.1, 4.0) if owns else (0.0, 2.0)
    delays = [glare_delay(owns, n / 1000) for n in range(1000)]
    assert min(delays) == pytest.approx(low) and max(delays) == pytest.approx(high)
    assert all(round(delay * 100, 6) == pytest.approx(round(delay * 100)) for delay in delays)


def test_glare_without_end_is_given_up() -> None:
    driver, _ = up(CALLEE_SEES)
    for _ in range(VIEWER.glare_retries):
        assert driver.tell(OfferDeclined("callee", 491)) == []
        assert driver.wait(5) == [SendOffer("callee", video=True)]
    assert driver.tell(OfferDeclined("callee", 491)) == []
    assert driver.wait(60) == []
    assert driver.video("callee") is Video.REFUSED


def test_500_with_retry_after_is_retried_then() -> None:
    """Our re-INVITE met the far end's, which it had sent before (RFC 3261 14.2)."""
    driver, _ = up(CALLEE_SEES)
    assert driver.tell(OfferDeclined("callee", 500, retry_after=3)) == []
    assert driver.wait(2.9) == []
    assert driver.wait(0.2) == [SendOffer("callee", video=True)]


def test_a_retry_waits_while_the_far_end_offers() -> None:
    driver, _ = up(CALLEE_SEES)
    driver.tell(OfferDeclined("callee", 491))
    assert driver.tell(OfferArrived("callee", carry=True)) == [SendOffer("caller", video=False)]
    assert driver.wait(5) == []
    assert driver.tell(OfferAccepted("caller")) == [AcceptOffer("callee"), SendOffer("callee", video=True)]


# Hold, resume and other changes of the voice --------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["caller", "callee"])
def test_hold_is_carried_and_answered_afterwards(side: Side) -> None:
    other: Side = "callee" if side == "caller" else "caller"
    driver, _ = up()
    for _ in ("hold", "resume"):
        assert driver.tell(OfferArrived(side, carry=True)) == [SendOffer(other, video=False)]
        assert driver.tell(OfferAccepted(other)) == [AcceptOffer(side)]
        assert driver.session.leg(side).exchange is Exchange.NONE


def test_a_held_call_keeps_its_picture_in_the_offer() -> None:
    driver, _ = up(CALLEE_SEES)
    driver.tell(VideoSettled("callee", "active"), OfferAccepted("callee"))
    assert driver.tell(OfferArrived("caller", carry=True)) == [SendOffer("callee", video=True)]
    assert driver.tell(VideoSettled("callee", "active"), OfferAccepted("callee")) == [AcceptOffer("caller")]


@pytest.mark.parametrize(
    ("refused_with", "passed_on"), [(488, 488), (415, 415), (606, 606), (408, 488), (481, 488), (503, 488), (603, 488)]
)
def test_a_carried_offer_that_is_refused_changes_nothing(refused_with: int, passed_on: int) -> None:
    driver, _ = up()
    driver.tell(OfferArrived("caller", carry=True))
    assert driver.tell(OfferDeclined("callee", refused_with)) == [RefuseOffer("caller", passed_on)]
    assert driver.session.up
    assert driver.tell(OfferArrived("callee", carry=True)) == [SendOffer("caller", video=False)]


def test_a_carried_offer_meets_glare_and_is_carried_again() -> None:
    driver, _ = up()
    driver.tell(OfferArrived("caller", carry=True))
    assert driver.tell(OfferDeclined("callee", 491)) == []
    assert driver.wait(4.1) == [SendOffer("callee", video=False)]
    assert driver.tell(OfferAccepted("callee")) == [AcceptOffer("caller")]


def test_glare_of_a_carried_offer_without_end_is_the_originators_glare() -> None:
    driver, _ = up()
    driver.tell(OfferArrived("caller", carry=True))
    for _ in range(BLIND.glare_retries):
        driver.tell(OfferDeclined("callee", 491))
        driver.wait(5)
    assert driver.tell(OfferDeclined("callee", 491)) == [RefuseOffer("caller", 491)]


def test_both_sides_hold_at_once() -> None:
    """Each would wait for the other: the later one gets 491 and tries again."""
    driver, _ = up()
    assert driver.tell(OfferArrived("caller", carry=True)) == [SendOffer("callee", video=False)]
    driver.tell(OfferDeclined("callee", 491))
    assert driver.tell(OfferArrived("callee", carry=True)) == [RefuseOffer("callee", 491)]
    assert driver.wait(4.1) == [SendOffer("callee", video=False)]
    assert driver.tell(OfferAccepted("callee")) == [AcceptOffer("caller")]


def test_hold_while_video_is_being_added_waits_for_it() -> None:
    driver, actions = up(CALLEE_SEES)
    assert actions == [SendOffer("callee", video=True)]
    assert driver.tell(OfferArrived("caller", carry=True)) == []
    actions = driver.tell(VideoSettled("callee", "active"), OfferAccepted("callee"))
    assert SendOffer("callee", video=True) in actions
    assert AcceptOffer("caller") not in actions
    assert driver.tell(OfferAccepted("callee")) == [AcceptOffer("caller")]


def test_hold_while_video_is_being_refused() -> None:
    """The refusal was about the picture: the hold goes out with the voice alone."""
    driver, _ = up(CALLEE_SEES)
    driver.tell(OfferArrived("caller", carry=True))
    assert driver.tell(OfferDeclined("callee", 488)) == [SendOffer("callee", video=False)]
    assert driver.tell(OfferAccepted("callee")) == [AcceptOffer("caller")]


def test_a_local_change_is_answered_at_once() -> None:
    driver, _ = up()
    assert driver.tell(OfferArrived("caller", carry=False)) == [AcceptOffer("caller")]


def test_an_update_is_told_to_the_other_side() -> None:
    driver, _ = up()
    assert driver.tell(MediaChanged("caller")) == [SendOffer("callee", video=False)]
    assert driver.tell(OfferAccepted("callee")) == []


def test_a_reinvite_that_is_cancelled_is_taken_back() -> None:
    driver, _ = up()
    driver.tell(OfferArrived("caller", carry=True))
    assert driver.tell(OfferCancelled("caller")) == []
    assert driver.tell(OfferAccepted("callee")) == [SendOffer("callee", video=False)]
    assert driver.tell(OfferAccepted("callee")) == []


def test_an_offer_that_is_never_answered_by_us_is_refused() -> None:
    """The other leg's stack went silent on us: the originator may not wait for ever."""
    driver, _ = up()
    driver.tell(OfferArrived("caller", carry=True))
    actions = driver.wait(EXCHANGE_TIMEOUT_S + 1)
    assert actions == [RefuseOffer("caller", 488)]
    assert driver.session.leg("caller").state is DialogState.CONFIRMED
