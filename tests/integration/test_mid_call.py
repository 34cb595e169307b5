"""What phones do in a running call besides re-INVITE and BYE."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, SippCall
from tests.support.requirement import require

pytestmark = pytest.mark.peers


@pytest.fixture(autouse=True)
def peers() -> None:
    require("sipp")


@pytest.mark.parametrize(
    ("caller", "callee", "user"),
    [
        ("caller_updates", "callee_is_told_hold", "bob"),
        ("caller_asks_for_an_offer", "callee_is_told_hold", "bob"),
        ("caller_sends_info", "callee_gets_digits", "bob"),
        ("caller_refers", "callee_audio", "bob"),
        ("caller_wants_reliable_progress", "callee_early_media", "bob"),
    ],
    ids=["update", "reinvite-without-offer", "info", "refer", "prack"],
)
def test_phone_uses_more_of_sip(lab: Lab, tmp_path: Path, caller: str, callee: str, user: str) -> None:
    SippCall(lab, tmp_path, caller, callee, user).finish()


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_hold_is_carried_without_avatars(lab: Lab, tmp_path: Path, transport: str) -> None:
    SippCall(lab, tmp_path, "caller_holds", "callee_is_told_hold", "bob", transport).finish()


@pytest.mark.parametrize(
    ("caller", "callee"),
    [
        ("caller_asks_at_once", "callee_audio"),
        ("caller_refused_488", "callee_mends_its_answer"),
        ("caller_refused_400", "callee_answers_too_much"),
    ],
    ids=["offer-asked-before-it-is-prepared", "bad-answer-then-a-good-one", "answer-with-more-media-than-offered"],
)
def test_what_made_the_sip_stack_assert(lab: Lab, tmp_path: Path, caller: str, callee: str) -> None:
    """A process that dies here fails the whole session: see the fixture."""
    SippCall(lab, tmp_path, caller, callee, "bob").finish()
