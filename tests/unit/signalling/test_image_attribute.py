"""Which size of picture a far end gets that says which it wants."""

from __future__ import annotations

import pytest

from ims_avatar.rtp.h264_level import level_of
from ims_avatar.signalling.h264 import Picture
from ims_avatar.signalling.image_attribute import wanted_picture, wanted_sizes
from ims_avatar.signalling.offer_answer import relayed_offer, settled
from tests.support.sdp_fixtures import AUDIO, VIDEO, described
from tests.support.sdp_legs import leg_a, leg_b

SQUARE = Picture(512, 512, 25)


def _picture(value: str, level_id: str = "42e01f", wish: Picture = SQUARE) -> Picture | None:
    media = described(AUDIO, f"{VIDEO} | a=imageattr:{value}").first("video")
    assert media is not None
    sets = wanted_sizes(media, 97)
    return wanted_picture(wish, sets, level_of(level_id)) if sets else None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("97 recv [x=320,y=240]", Picture(320, 240, 25)),
        ("97 recv [x=176,y=144] [x=352,y=288,q=0.9] [x=640,y=480]", Picture(352, 288, 25)),
        ("97 send [x=320,y=240] recv [x=480,y=320]", Picture(480, 320, 25)),
        ("* recv [x=[320,640],y=[240,480]]", Picture(320, 480, 25)),
        ("97 recv [x=[128:16:640],y=[96:16:480],par=[1.2-1.3]]", Picture(512, 480, 25)),
        ("97 recv [x=[100:500],y=[100:300]]", Picture(496, 288, 25)),
        ("97 recv [x=640,y=480] [x=1280,y=720]", Picture(640, 480, 25)),
        ("97 recv [x=160,y=120] [x=4000,y=3000]", Picture(160, 120, 25)),
        ("97 recv *", None),
        ("97 send [x=320,y=240]", None),
        ("98 recv [x=320,y=240]", None),
        ("97 recv [x=0,y=0]", Picture(512, 512, 25)),
        ("97 recv [x=[16:-1:2],y=]", None),
        ("97 recv [x=321,y=241]", Picture(512, 512, 25)),
        ("junk", None),
    ],
)
def test_the_largest_wanted_size_up_to_ours(value: str, expected: Picture | None) -> None:
    assert _picture(value) == expected


def test_the_level_counts_before_the_wish() -> None:
    assert _picture("97 recv [x=640,y=480] [x=320,y=240] [x=176,y=144]", "42e00c") == Picture(176, 144, 25)
    assert _picture("97 recv [x=640,y=480] [x=320,y=240]", "42e00c") == Picture(320, 240, 20)
    assert _picture("97 recv [x=640,y=480]", "42e00c") == Picture(240, 240, 25)


def test_the_answer_to_our_offer_says_size_and_rate() -> None:
    leg = leg_b()
    offer = relayed_offer(leg_a(), leg, described(AUDIO), "avatar")
    answer = described(AUDIO, f"{VIDEO} | a=imageattr:97 recv [x=640,y=480] [x=352,y=288] | a=framerate:12.5")
    video = settled(leg, offer, answer).video
    assert video and (video.width, video.height, video.frame_rate) == (352, 288, 12)
