"""The called phones of the SIPp family."""

from __future__ import annotations

from tests.support.scenarios.messages import (
    AUDIO_HELD,
    AUDIO_HELD_BACK,
    END_OF_CALL,
    HELD,
    PLAY_VIDEO,
    SAVE_DIALOG,
    SAVE_REQUEST,
    WANTS_VIDEO,
    action,
    callee_request,
    expect,
    must_match,
    must_not_match,
    pause,
    play_voice,
    respond,
    sdp,
    use,
)

VOICE = play_voice("callee")
RING = respond(180, "Ringing")
DIALOG = use("caller", "callee", "target")


def _answer(ring_ms: int = 0) -> str:
    """Ring, answer with sound only, talk."""
    return (
        expect("INVITE", action(SAVE_DIALOG))
        + RING
        + (pause(ring_ms) if ring_ms else "")
        + respond(200, "OK", sdp())
        + expect("ACK")
        + VOICE
    )


ANSWER = _answer()
OFFERED = expect("INVITE", action(must_match(WANTS_VIDEO, "offered")), timeout=12_000)
TAKE_VIDEO = OFFERED + respond(200, "OK", sdp(2, video="recvonly"), in_dialog=True) + expect("ACK")
END = END_OF_CALL + DIALOG


def _renegotiate(cseq: int, content: str, *checks: str) -> str:
    return (
        callee_request("INVITE", cseq, content)
        + expect(100, optional=True)
        + expect(200, action(*checks) if checks else "")
        + callee_request("ACK", cseq)
    )


def _hold(audio_only: bool) -> str:
    video = "" if audio_only else "recvonly"
    return (
        _renegotiate(1, sdp(3, video=video, audio_direction="sendonly"), must_match(HELD, "held"))
        + pause(1500)
        + _renegotiate(2, sdp(4, video=video), must_not_match(AUDIO_HELD_BACK, "resumed"))
    )


def _answer_relayed_hold() -> str:
    """Video was taken; the caller's hold and resume come as two more offers, each with the video still in it."""
    return (
        expect("INVITE", action(must_match(AUDIO_HELD, "held")), timeout=12_000)
        + respond(200, "OK", sdp(3, video="recvonly", audio_direction="recvonly"), in_dialog=True)
        + expect("ACK")
        + expect("INVITE", action(must_match(WANTS_VIDEO, "resumed")), timeout=12_000)
        + respond(200, "OK", sdp(4, video="recvonly"), in_dialog=True)
        + expect("ACK")
    )


GLARE = (
    expect("INVITE", action(must_match(WANTS_VIDEO, "offered"), SAVE_REQUEST), timeout=12_000)
    + callee_request("INVITE", 1, sdp(2))
    + expect(100, optional=True)
    + expect(491)
    + callee_request("ACK", 1, refused=True)
    + respond(491, "Request Pending", saved=True)
    + expect("ACK")
)

CALLEES = {
    "callee_audio": ANSWER + END,
    "callee_slow": _answer(ring_ms=2500) + END,
    "callee_early_media": (
        expect("INVITE", action(SAVE_DIALOG))
        + respond(183, "Session Progress", sdp())
        + VOICE
        + pause(1500)
        + respond(200, "OK", sdp())
        + expect("ACK")
        + END
    ),
    "callee_gets_video": ANSWER + TAKE_VIDEO + END + use("offered"),
    "callee_takes_video_at_once": (
        expect("INVITE", action(SAVE_DIALOG, must_match(WANTS_VIDEO, "offered")))
        + RING
        + respond(200, "OK", sdp(video="sendrecv"))
        + expect("ACK")
        + VOICE
        + PLAY_VIDEO
        + END
        + use("offered")
    ),
    "callee_refuses_488": (
        ANSWER + OFFERED + respond(488, "Not Acceptable Here", in_dialog=True) + expect("ACK") + END + use("offered")
    ),
    "callee_refuses_port_zero": (
        ANSWER
        + OFFERED
        + respond(200, "OK", sdp(2, video="off"), in_dialog=True)
        + expect("ACK")
        + END
        + use("offered")
    ),
    "callee_never_answers": (
        ANSWER + OFFERED + expect("CANCEL", optional=True) + expect("BYE") + respond(200, "OK", in_dialog=True)
    )
    + DIALOG
    + use("offered"),
    "callee_glare": ANSWER + GLARE + TAKE_VIDEO + END + use("offered"),
    "callee_removes_video": (
        ANSWER
        + TAKE_VIDEO
        + pause(2000)
        + _renegotiate(1, sdp(3, video="off"), must_match("m=video 0", "removed"))
        + END
        + use("offered", "removed")
    ),
    "callee_holds": ANSWER
    + TAKE_VIDEO
    + pause(1500)
    + _hold(audio_only=False)
    + END
    + use("offered", "held", "resumed"),
    "callee_is_held": ANSWER + TAKE_VIDEO + _answer_relayed_hold() + END + use("offered", "held", "resumed"),
    "callee_hangs_up": (
        ANSWER + TAKE_VIDEO + pause(1500) + callee_request("BYE", 1) + expect(200) + DIALOG + use("offered")
    ),
    "callee_busy": expect("INVITE") + respond(486, "Busy Here") + expect("ACK"),
    "callee_rings": (
        expect("INVITE", action(SAVE_DIALOG, SAVE_REQUEST))
        + RING
        + expect("CANCEL")
        + respond(200, "OK")
        + respond(487, "Request Terminated", saved=True)
        + expect("ACK")
        + DIALOG
    ),
}
