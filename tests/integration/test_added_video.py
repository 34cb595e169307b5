"""An avatar is added to a call of sound. Whatever the far end does about it, the voice goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, assert_voice_unbroken, record_call
from tests.support.film import develop
from tests.support.requirement import require, require_capture

pytestmark = pytest.mark.peers


@pytest.fixture(autouse=True)
def peers() -> None:
    require("sipp")
    require_capture()


@pytest.mark.parametrize(
    ("caller", "callee", "user", "transport"),
    [
        ("caller_audio", "callee_gets_video", "caller", "u1"),
        ("caller_audio", "callee_gets_video", "caller", "t1"),
        ("caller_late_offer", "callee_gets_video", "caller", "u1"),
        ("caller_long", "callee_glare", "caller", "u1"),
        ("caller_audio", "callee_takes_video_at_once", "offer", "u1"),
    ],
    ids=["re-invite", "tcp", "late-offer", "glare", "in-the-first-offer"],
)
def test_callee_sees_the_caller(lab: Lab, tmp_path: Path, caller: str, callee: str, user: str, transport: str) -> None:
    recorded = record_call(lab, tmp_path, caller, callee, user, transport)
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    film = develop(recorded.wire.video_to(recorded.call.callee.host))
    assert film.findings.faults == []
    assert len(film.pictures) > 20
    assert film.pictures[0].keyframe
    assert film.findings.largest <= 1200


@pytest.mark.parametrize(
    ("caller", "user"),
    [("caller_gets_video", "late"), ("caller_offers_video", "callee")],
    ids=["re-invite", "in-the-answer"],
)
def test_caller_sees_the_callee(lab: Lab, tmp_path: Path, caller: str, user: str) -> None:
    recorded = record_call(lab, tmp_path, caller, "callee_audio", user)
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    film = develop(recorded.wire.video_to(recorded.call.caller.host))
    assert film.findings.faults == []
    assert len(film.pictures) > 20
    assert recorded.wire.received_by(recorded.call.callee.host) == [recorded.forth[1]]


@pytest.mark.parametrize("callee", ["callee_refuses_488", "callee_refuses_port_zero", "callee_never_answers"])
def test_video_that_is_refused_leaves_the_voice_alone(lab: Lab, tmp_path: Path, callee: str) -> None:
    recorded = record_call(lab, tmp_path, "caller_audio", callee, "caller")
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    assert [stream for stream in recorded.wire.streams if stream.is_video] == []


def test_far_end_takes_the_video_out_again(lab: Lab, tmp_path: Path) -> None:
    recorded = record_call(lab, tmp_path, "caller_audio", "callee_removes_video", "caller")
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    video = recorded.wire.video_to(recorded.call.callee.host)
    removed = next(
        message.time
        for message in recorded.wire.sip
        if message.start_line.startswith("INVITE") and message.source == recorded.call.callee.uri_host
    )
    assert video.start < removed
    assert video.end < removed + 0.5
    assert recorded.forth[1].end > removed + 0.5


def test_caller_holds_and_resumes(lab: Lab, tmp_path: Path) -> None:
    recorded = record_call(lab, tmp_path, "caller_holds", "callee_is_held", "caller")
    assert_voice_unbroken(*recorded.forth)
    film = develop(recorded.wire.video_to(recorded.call.callee.host))
    assert film.findings.faults == []
    assert film.pictures[-1].arrival > recorded.forth[1].end - 1


def test_callee_holds_and_resumes(lab: Lab, tmp_path: Path) -> None:
    recorded = record_call(lab, tmp_path, "caller_is_held", "callee_holds", "caller")
    assert_voice_unbroken(*recorded.back)
    film = develop(recorded.wire.video_to(recorded.call.callee.host))
    assert film.findings.faults == []


def test_early_media_is_heard_before_the_answer(lab: Lab, tmp_path: Path) -> None:
    recorded = record_call(lab, tmp_path, "caller_audio", "callee_early_media", "bob")
    answered = next(m.time for m in recorded.wire.sip if m.start_line.startswith("SIP/2.0 200"))
    assert recorded.back[1].start < answered - 1
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)


def test_no_avatar_no_video(lab: Lab, tmp_path: Path) -> None:
    """A call that no rule names passes through: neither end is asked for video."""
    recorded = record_call(lab, tmp_path, "caller_audio", "callee_audio", "bob")
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    assert [stream for stream in recorded.wire.streams if stream.is_video] == []
