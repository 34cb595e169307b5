"""The SIP stack aborts on SDP that it cannot parse: the installed pjmedia is asked about everything that we write."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ims_avatar.errors import NotAcceptable
from ims_avatar.signalling.offer_answer import relayed_answer, relayed_offer, reoffer
from ims_avatar.signalling.own_media import own_answer, own_offer
from ims_avatar.signalling.profiles import load_profile, profile_names
from ims_avatar.signalling.sdp import SessionDescription, parse
from ims_avatar.signalling.sdp_leg import VideoRole
from tests.support.sdp_fixtures import AUDIO, NAMES, VIDEO, described, recorded
from tests.support.sdp_legs import OURS, leg_a, leg_b

ROOT = Path(__file__).parents[3]
ROLES: tuple[VideoRole, ...] = ("none", "relay", "avatar")
Exchange = tuple[str, SessionDescription, SessionDescription]
"""(ours, offer, answer)."""


def _exchanges() -> Iterator[Exchange]:
    for name in (name for name in NAMES if "offer" in name):
        theirs = recorded(name)
        ours = "2001:db8::1" if "IP6" in str(theirs) else OURS
        for profile in map(load_profile, profile_names()):
            a, b = leg_a(address=ours), leg_b(profile, ours)
            for role in ROLES:
                try:
                    offer = relayed_offer(a, b, theirs, role)
                except NotAcceptable:  # the profile leaves no codec: there is nothing to hand over
                    continue
                codecs = ["PCMU", "AMR", "AMR-WB", "opus", "G722"]
                answer = own_answer(b, offer, codecs=codecs, video="recvonly").description
                yield "offer", offer, answer
                yield "answer", theirs, relayed_answer(a, theirs, answer, role).description
                later = reoffer(b.agreed(offer, answer), "avatar")
                yield "offer", later, own_answer(b, later, codecs=codecs).description
    for profile in map(load_profile, profile_names()):
        first = own_offer(leg_a(profile), video="sendonly")
        yield "offer", first, own_answer(leg_b(), first, codecs=profile.audio.offered, video="recvonly").description
    odd = described("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", AUDIO, "m=image 7000 udptl t38", VIDEO)
    yield "answer", odd, relayed_answer(leg_a(), odd, described(AUDIO), "avatar").description


@pytest.fixture(scope="module")
def exchanges() -> list[tuple[Exchange, str | None]]:
    """Each exchange with what pjmedia made of our side of it."""
    asked = list(_exchanges())
    request = [{"ours": ours, "offer": str(offer), "answer": str(answer)} for ours, offer, answer in asked]
    child = subprocess.run(
        [sys.executable, "-m", "tests.support.pjmedia"],
        input=json.dumps(request), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-2000:]
    return list(zip(asked, json.loads(child.stdout), strict=True))


def test_pjmedia_accepts_every_description(exchanges: list[tuple[Exchange, str | None]]) -> None:
    assert len(exchanges) > 100
    refused = [f"{offer}\n{answer}" for (_, offer, answer), held in exchanges if held is None]
    assert not refused, refused[0]


def test_pjmedia_keeps_our_answers_as_they_are(exchanges: list[tuple[Exchange, str | None]]) -> None:
    for (ours, _, answer), held in exchanges:
        if ours == "answer" and held is not None:
            kept = parse(held)
            assert [(m.media, m.port) for m in kept.media] == [(m.media, m.port) for m in answer.media]
            for live, ours_live in zip(kept.media, answer.media, strict=True):
                assert ours_live.rejected or live.formats == ours_live.formats


def test_the_question_can_be_answered_with_no() -> None:
    bad = {
        "ours": "offer",
        "offer": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 4000 RTP/AVP 0\r\n",
        "answer": "",
    }
    child = subprocess.run(
        [sys.executable, "-m", "tests.support.pjmedia"],
        input=json.dumps([bad]), cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(child.stdout) == [None]
