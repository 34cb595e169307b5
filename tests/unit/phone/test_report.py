from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ims_avatar.phone.report import CallReport, PictureReport, SoundReport, from_json, unmet

SOUND = SoundReport("PCMU", 100, 100, 0, 0.5, True, 0.1)
PICTURE = PictureReport("H264", "recvonly", "re-INVITE", 50, 50, 0, 2, 25.0, 512, 512, 400_000, 90, 0, 0.2)
REPORT = CallReport("sip:x@y", True, 200, "us", 0.01, 0.02, 4.0, SOUND, PICTURE, digits_received="42")


def test_it_comes_back_from_json() -> None:
    assert from_json(json.loads(json.dumps(REPORT.as_json()))) == REPORT
    bare = CallReport("sip:x@y", False, 486, "far end", None, None, 0.0)
    assert from_json(json.loads(json.dumps(bare.as_json()))) == bare


def test_nothing_is_unmet_when_all_happened() -> None:
    assert unmet(REPORT, sound=True, video=True, no_video=False, digits="42") == []


@pytest.mark.parametrize(
    ("report", "asked", "said"),
    [
        (replace(REPORT, answered=False, status=486), {}, "status 486"),
        (replace(REPORT, sound=replace(SOUND, heard=False)), {"sound": True}, "no sound"),
        (replace(REPORT, picture=None), {"video": True}, "no picture"),
        (replace(REPORT, picture=replace(PICTURE, first_picture_s=None)), {"video": True}, "no picture"),
        (REPORT, {"no_video": True}, "pictures came"),
        (REPORT, {"digits": "43"}, "keys 43 were expected, 42 came"),
    ],
)
def test_what_did_not_happen_is_said(report: CallReport, asked: dict[str, object], said: str) -> None:
    wishes = {"sound": False, "video": False, "no_video": False, "digits": "", **asked}
    problems = unmet(report, **wishes)  # type: ignore[arg-type]
    assert len(problems) == 1 and said in problems[0]
